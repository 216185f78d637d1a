/// One thing in which a live table is not what it must be.
public struct Difference: Sendable, Equatable, CustomStringConvertible {
  /// What of the table.
  public enum Aspect: Sendable, Equatable {
    case missing, type, null, initial, extra, invalid, disabled, function
  }

  /// With its schema.
  public let table: String
  /// `column siret`, `index`, `trigger`, or `table`.
  public let subject: String
  /// What of it.
  public let aspect: Aspect
  /// How it is and how it must be.
  public let reason: String
  /// SQL, or what else to do.
  public let remedy: String
  /// Whether the API works all the same.
  public let isHarmless: Bool

  /// Such as `column siret: missing: character varying(20)`.
  public var description: String { "\(subject): \(reason)" }

  /// All at once, so that an operator mends the table in one go.
  static func all(live: LiveTable, expected: LiveTable) -> [Difference] {
    guard !live.columns.isEmpty else {
      return [
        Difference(
          table: live.name, subject: "table", aspect: .missing, reason: "the table is missing",
          remedy: "restore it from a backup (pg_restore)", isHarmless: false)
      ]
    }
    return columns(live, expected) + indexes(live, expected) + triggers(live, expected)
  }

  // MARK: columns

  private static func columns(_ live: LiveTable, _ expected: LiveTable) -> [Difference] {
    var all: [Difference] = []
    for column in expected.columns {
      if let other = live.columns.first(where: { $0.name == column.name }) {
        all += Self.column(live.name, is: other, mustBe: column)
      } else {
        all.append(missing(live.name, column.name, column.definition))
      }
    }
    for column in live.columns where !expected.columns.contains(where: { $0.name == column.name }) {
      let breaksInserts = column.isRequired && column.initial == nil
      all.append(
        Difference(
          table: live.name, subject: "column \(column.name)", aspect: .extra,
          reason: "not known to the revisions: \(column.definition)",
          remedy: breaksInserts
            ? "ALTER TABLE \(live.name) ALTER COLUMN \(column.name) DROP NOT NULL; -- creates fail on it"
            : "ALTER TABLE \(live.name) DROP COLUMN \(column.name); -- if nobody needs it",
          isHarmless: !breaksInserts))
    }
    return all
  }

  /// - Parameter definition: as a table definition has it.
  public static func missing(_ table: String, _ column: String, _ definition: String) -> Difference
  {
    Difference(
      table: table, subject: "column \(column)", aspect: .missing,
      reason: "missing: \(definition)",
      remedy: "ALTER TABLE \(table) ADD COLUMN \(column) \(definition); -- its data: from a backup",
      isHarmless: false)
  }

  /// A column of another type.
  public static func type(
    _ table: String, _ column: String, is live: String, mustBe expected: String
  ) -> Difference {
    Difference(
      table: table, subject: "column \(column)", aspect: .type,
      reason: "is \(live), must be \(expected)",
      remedy: "ALTER TABLE \(table) ALTER COLUMN \(column) TYPE \(expected);", isHarmless: false)
  }

  /// A column that takes NULL and must not, or the other way round.
  public static func null(_ table: String, _ column: String, mustBe isRequired: Bool) -> Difference
  {
    Difference(
      table: table, subject: "column \(column)", aspect: .null,
      reason: isRequired ? "may be NULL, must be NOT NULL" : "is NOT NULL, must take NULL",
      remedy:
        "ALTER TABLE \(table) ALTER COLUMN \(column) \(isRequired ? "SET" : "DROP") NOT NULL;",
      isHarmless: false)
  }

  private static func column(
    _ table: String, is live: LiveTable.Column, mustBe expected: LiveTable.Column
  ) -> [Difference] {
    var all: [Difference] = []
    if live.type != expected.type {
      all.append(type(table, live.name, is: live.type, mustBe: expected.type))
    }
    if live.isRequired != expected.isRequired {
      all.append(null(table, live.name, mustBe: expected.isRequired))
    }
    // A default that differs in its cast only follows from the type.
    if live.initial != expected.initial && (live.type == expected.type || live.initial == nil) {
      let change = expected.initial.map { "SET DEFAULT \($0)" } ?? "DROP DEFAULT"
      all.append(
        Difference(
          table: table, subject: "column \(live.name)", aspect: .initial,
          reason:
            "its default is \(live.initial ?? "none"), must be \(expected.initial ?? "none")",
          remedy: "ALTER TABLE \(table) ALTER COLUMN \(live.name) \(change);", isHarmless: false))
    }
    return all
  }

  // MARK: indexes and triggers

  /// More indexes than expected are the operator's.
  private static func indexes(_ live: LiveTable, _ expected: LiveTable) -> [Difference] {
    expected.indexes.compactMap { index in
      let alike = live.indexes.filter { $0.definition == index.definition }
      guard !alike.contains(where: \.isValid) else { return nil }
      if let invalid = alike.first {
        return Difference(
          table: live.name, subject: "index \(invalid.name)", aspect: .invalid,
          reason: "is invalid and never read: \(index.definition)",
          remedy: "REINDEX INDEX CONCURRENTLY public.\(invalid.name);",
          isHarmless: !index.isUnique)
      }
      let isTaken = live.indexes.contains { $0.name == index.name }
      return Difference(
        table: live.name, subject: "index \(index.name)", aspect: .missing,
        reason: "missing: \(index.definition)",
        remedy: (isTaken ? "DROP INDEX public.\(index.name); " : "") + "\(index.creation);",
        isHarmless: !index.isUnique)
    }
  }

  /// More triggers than expected are the operator's. Those that fire when they must are compared by
  /// what they do: under one name and another.
  private static func triggers(_ live: LiveTable, _ expected: LiveTable) -> [Difference] {
    expected.triggers.compactMap { trigger in
      let alike = live.triggers.filter { $0.definition == trigger.definition }
      let same = alike.filter {
        $0.condition == trigger.condition && $0.function.does(trigger.function)
      }
      guard !same.contains(where: \.isEnabled) else { return nil }
      let enabled = alike.filter(\.isEnabled)
      if let own = enabled.first(where: { $0.function.mayDo(trigger.function) }) {
        return replaced(live, own, trigger, isHarmless: true)
      }
      if let disabled = same.first {
        return Difference(
          table: live.name, subject: "trigger \(disabled.name)", aspect: .disabled,
          reason: "is disabled: \(trigger.definition)",
          remedy: "ALTER TABLE \(live.name) ENABLE TRIGGER \(disabled.name);", isHarmless: false)
      }
      if let other = live.triggers.first(where: { $0.name == trigger.name }) ?? enabled.first {
        return replaced(live, other, trigger, isHarmless: false)
      }
      return Difference(
        table: live.name, subject: "trigger \(trigger.name)", aspect: .missing,
        reason: "missing: \(trigger.definition)", remedy: "\(trigger.creation);",
        isHarmless: false)
    }
  }

  /// - Parameter isHarmless: whether it may do the same in another way.
  private static func replaced(
    _ table: LiveTable, _ live: LiveTable.Trigger, _ expected: LiveTable.Trigger, isHarmless: Bool
  ) -> Difference {
    let condition = live.condition.map { " when \($0)" } ?? ""
    let columns = expected.function.columns.joined(separator: ", ")
    // One that does something else may be wanted for that.
    let inTheWay = table.triggers.map(\.name).filter {
      $0 == expected.name || $0 == live.name && isHarmless
    }
    let fires = live.definition == expected.definition ? "" : "fires \(live.definition), "
    return Difference(
      table: table.name, subject: "trigger \(live.name)", aspect: .function,
      reason: isHarmless
        ? "runs \(live.function.name)()\(condition), which sets \(columns) in a way of its own, or not always"
        : "\(fires)runs \(live.function.name)()\(condition), which does not set \(columns)",
      remedy: inTheWay.map { "DROP TRIGGER \($0) ON \(table.name);\n" }.joined()
        + "\(expected.creation);",
      isHarmless: isHarmless)
  }
}
