public import API

/// What is served.
public enum Catalog {
  /// What `GET /` calls the service.
  public static let title = "ERP Wash&Go API"

  /// Every resource, in the order in which documents list them.
  public static let resources: [Resource] = [clients]
}
