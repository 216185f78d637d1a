// Starts Swagger UI on the page at /docs. A file of its own: the page's Content-Security-Policy
// allows no inline script.
"use strict";

window.ui = SwaggerUIBundle({
  url: document.getElementById("docs").dataset.document,
  dom_id: "#docs",
  deepLinking: true,
  tryItOutEnabled: true,
  displayRequestDuration: true,
  // Both would ask another host.
  validatorUrl: null,
  queryConfigEnabled: false,
});
