// swift-tools-version: 6.2
import PackageDescription

/// Every target: language mode 6, strict memory safety, and a warning is an error.
let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableExperimentalFeature("Lifetimes"),  // a cell of a result is returned as a Span
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
]

/// What a request passes through. That two accesses of a class's member overlap is looked for while
/// it runs in debug builds; in release, that was a tenth of a read's instructions and a seventh of a
/// create's (scripts/budget).
let loopSettings =
  settings + [.unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))]

/// Tests read private parts and throw freely; the rest holds for them too.
let testSettings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableExperimentalFeature("Lifetimes"),
  .treatAllWarnings(as: .error),
]

let package = Package(
  name: "erp-back",
  products: [.executable(name: "erp-back", targets: ["erp-back"])],
  dependencies: [
    // Apple's own command-line parser: help texts, exit codes and completions; idle while serving.
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    // The server community's log front; used for events, never once per request.
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
  ],
  targets: [
    .systemLibrary(name: "CFastCGI", pkgConfig: "fcgi", providers: [.apt(["libfcgi-dev"])]),
    .systemLibrary(name: "CLinux"),
    .systemLibrary(name: "CPostgres", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
    .target(name: "FastCGI", dependencies: ["CFastCGI"], swiftSettings: loopSettings),
    .target(name: "Postgres", dependencies: ["CPostgres"], swiftSettings: loopSettings),
    .target(name: "API", swiftSettings: settings),
    .target(name: "Catalog", dependencies: ["API"], swiftSettings: settings),
    .target(
      name: "Migrations", dependencies: ["Postgres"],
      resources: [.embedInCode("SQL")], swiftSettings: settings),
    .target(name: "Diagnosis", swiftSettings: settings),
    .target(
      name: "Reactor",
      dependencies: [
        "API", "CLinux", "FastCGI", "Postgres",
        .product(name: "Logging", package: "swift-log"),
      ], swiftSettings: loopSettings),
    .executableTarget(
      name: "erp-back",
      dependencies: [
        "API", "Catalog", "Diagnosis", "FastCGI", "Migrations", "Postgres", "Reactor",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Logging", package: "swift-log"),
      ], swiftSettings: settings,
      // gold warns of a mktemp in Foundation, which nothing here calls.
      linkerSettings: [.unsafeFlags(["-use-ld=lld"])]),
    .target(name: "TestSupport", path: "Tests/Support", swiftSettings: testSettings),
    .testTarget(
      name: "APITests", dependencies: ["API", "Catalog", "TestSupport"],
      swiftSettings: testSettings),
    .testTarget(
      name: "PostgresTests", dependencies: ["Postgres", "TestSupport"],
      swiftSettings: testSettings),
    .testTarget(
      name: "FastCGITests", dependencies: ["FastCGI", "TestSupport"], swiftSettings: testSettings),
    .testTarget(
      name: "MigrationsTests", dependencies: ["Migrations"], swiftSettings: testSettings),
    .testTarget(name: "ReactorTests", dependencies: ["Reactor"], swiftSettings: testSettings),
    .testTarget(
      name: "DiagnosisTests", dependencies: ["Diagnosis"], swiftSettings: testSettings),
    // What a whole site consists of: nginx, responder, PostgreSQL, and clients to drive them.
    .target(name: "Harness", path: "Tests/Harness", swiftSettings: testSettings),
    .testTarget(
      name: "EndToEnd", dependencies: ["API", "Catalog", "Harness"], swiftSettings: testSettings),
    .testTarget(name: "Torture", dependencies: ["Harness", "ledger"], swiftSettings: testSettings),
    // A load with a ledger. Optimised in tests' builds too: it shares the processors with what it loads.
    .executableTarget(
      name: "ledger",
      dependencies: [.product(name: "ArgumentParser", package: "swift-argument-parser")],
      path: "Tests/Ledger", swiftSettings: testSettings + [.unsafeFlags(["-O"])]),
    .testTarget(
      name: "SystemdTests", dependencies: ["ledger"], path: "Tests/Systemd", exclude: ["stage"],
      swiftSettings: testSettings),
  ]
)
