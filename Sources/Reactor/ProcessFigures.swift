/// What the process takes of the machine, under the names that every client library uses
/// (https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics).
struct ProcessFigures {
  /// Seconds of the Unix epoch.
  let startTime: Double
  let cpuSeconds: Double
  let residentBytes: Int
  let openDescriptors: Int
  let maxDescriptors: Int

  private static let started = SystemCalls.wallClock

  /// The start time is that of the first call.
  static var now: ProcessFigures {
    ProcessFigures(
      startTime: started, cpuSeconds: SystemCalls.processorTime,
      residentBytes: SystemCalls.residentPages * SystemCalls.pageSize,
      openDescriptors: SystemCalls.openDescriptors, maxDescriptors: SystemCalls.maxDescriptors)
  }
}
