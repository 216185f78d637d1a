import Foundation

@testable import Harness

/// A file system of its own in memory, that can be full.
final class SmallDisk {
  let directory: String
  /// More than a scenario writes.
  private static let size = 256 << 20

  /// Mounting takes root, and a container may keep even root from it.
  static let isPossible: Bool = {
    guard geteuid() == 0, let workbench = Workbench.current,
      let disk = try? SmallDisk(in: workbench.directory)
    else { return false }
    disk.end()
    return true
  }()

  static let missing = "mounting a tmpfs takes root and CAP_SYS_ADMIN"

  /// Mounts it, for the user postgres.
  init(in place: String) throws {
    directory = place + "/disk-\(unique())"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
    do {
      _ = try Output.ofSuccess(
        "/bin/mount",
        ["-t", "tmpfs", "-o", "size=\(Self.size),mode=0700", "erp-back-test", directory])
      _ = try Output.ofSuccess("/bin/chown", ["postgres:postgres", directory])
    } catch {
      rmdir(directory)
      throw error
    }
  }

  /// Nothing more fits from now on.
  func fill() throws {
    try eventually("the disk is full") {
      // What is being written meanwhile may make it too small to be taken.
      try Output.of("/bin/mount", ["-o", "remount,size=\(used)", directory]).status == 0
    }
  }

  /// There is room again.
  func free() throws {
    _ = try Output.ofSuccess("/bin/mount", ["-o", "remount,size=\(Self.size)", directory])
  }

  /// Unmounts it, whoever still has files there.
  func end() {
    for arguments in [[directory], ["-l", directory]] {
      if (try? Output.of("/bin/umount", arguments).status) == 0 { break }
    }
    rmdir(directory)
  }

  private var used: Int {
    get throws {
      var figures = statvfs()
      guard statvfs(directory, &figures) == 0 else { throw Failure("statvfs: errno \(errno)") }
      return Int(figures.f_blocks - figures.f_bfree) * Int(figures.f_frsize)
    }
  }
}
