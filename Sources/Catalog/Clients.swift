public import API

/// The company's clients.
public let clients = Resource(
  "clients",
  nouns: Nouns(one: "client"),
  order: ["-created_at"],
  lookups: ["status"],
  columns: [
    .id(),
    .text(
      "type", 20, .required, rule: .oneOf(["company", "individual"]), uses: [.filtered, .sorted]),
    .text("name", 255, .required, rule: .notBlank, uses: [.searched, .sorted]),
    .text("company_name", 255, uses: .sorted),
    .text("first_name", 100, uses: .sorted),
    .text("last_name", 100, uses: .sorted),
    .text("siret", 20, uses: .sorted),
    .text("email", 255, rule: .email, uses: [.searched, .sorted]),
    .text("phone", 50, uses: .searched),
    .text("address", 10_000),
    .text("city", 100, uses: [.filtered, .sorted]),
    .text("status", 20, .text("active"), rule: .notBlank, uses: [.filtered, .sorted]),
    .textArray("tags", maxCount: 100, maxLength: 100),
    .text("last_service", 50, uses: .sorted),
    .objects(
      "contacts", maxCount: 100,
      [
        .string("id"),
        .string("firstName"),
        .string("lastName"),
        .nullableString("email"),
        .nullableString("mobile"),
        .stringArray("roles"),
        .boolean("isBillingDefault", false),
        .boolean("active", true),
      ]),
    .timestamp("created_at", uses: .sorted),
    .timestamp("updated_at", uses: .sorted),
  ])
