import Testing

@testable import Reactor

@Suite struct HistogramTests {
  @Test func aValueGoesIntoTheLeastBucketThatHoldsIt() {
    let scale = Histogram.Scale.sizes
    var histogram = Histogram(scale)
    for value: UInt64 in [0, 1, 2, 3, 512, 513, 1_000_000] { histogram.add(value, scale) }
    #expect(histogram.counts == [2, 1, 1, 0, 0, 0, 0, 0, 0, 1, 2])
    #expect(histogram.sum == 1_001_031)
    #expect(histogram.count == 7)
  }

  @Test func labelsSayTheBounds() {
    for scale in [Histogram.Scale.seconds, .sizes] {
      #expect(scale.bounds == scale.bounds.sorted() && scale.bounds.count == scale.labels.count)
    }
    for (bound, label) in zip(Histogram.Scale.seconds.bounds, Histogram.Scale.seconds.labels) {
      #expect(Double(bound) / 1e9 == Double(label))
    }
    #expect(Histogram.Scale.sizes.bounds.map { "\($0)" } == Histogram.Scale.sizes.labels)
  }

  @Test func sumsAreOfBoth() {
    var one = Histogram(.sizes)
    var other = Histogram(.sizes)
    one.add(3, .sizes)
    other.add(3, .sizes)
    other.add(700, .sizes)
    one += other
    #expect(one.count == 3 && one.sum == 706 && one.counts[2] == 2)
  }
}

@Suite struct MetricsTextTests {
  @Test func bucketsAreCumulative() {
    var histogram = Histogram(.sizes)
    for value: UInt64 in [1, 2, 2, 600] { histogram.add(value, .sizes) }
    var text = MetricsText()
    text.family("batch", .histogram, "Of statements.")
    text.sample("batch", [("lane", "point")], histogram, .sizes, unit: 1)
    let lines = text.text.split(separator: "\n")
    #expect(lines[0] == "# HELP batch Of statements.")
    #expect(lines[1] == "# TYPE batch histogram")
    #expect(lines[2] == #"batch_bucket{lane="point",le="1"} 1"#)
    #expect(lines[3] == #"batch_bucket{lane="point",le="2"} 3"#)
    #expect(lines[11] == #"batch_bucket{lane="point",le="512"} 3"#)
    #expect(lines[12] == #"batch_bucket{lane="point",le="+Inf"} 4"#)
    #expect(lines[13] == #"batch_sum{lane="point"} 605.0"#)
    #expect(lines[14] == #"batch_count{lane="point"} 4"#)
  }

  @Test func labelsAreEscaped() {
    var text = MetricsText()
    text.sample("a", [("b", "\\ \" \n")], 1)
    #expect(text.text == "a{b=\"\\\\ \\\" \\n\"} 1\n")
  }
}

@Suite struct TallyTests {
  private func answer(_ status: Int, route: Int = 2, method: Int = 1) -> Tally.Answer {
    Tally.Answer(
      route: route, method: method, status: status, nanoseconds: 700_000, bodyBytes: 5,
      responseBytes: 50)
  }

  @Test func answersAreApartByRouteMethodAndStatus() {
    var tally = Tally(routes: 3)
    for status in [200, 200, 404, 599, -7, 100_000] { tally.add(answer(status)) }
    tally.add(answer(200, route: 1))
    func count(_ status: Int, route: Int = 2) -> UInt64 {
      let place = Tally.statuses.firstIndex(of: status) ?? -1
      return tally.answers(route: route, method: 1, status: place)
    }
    #expect(count(200) == 2 && count(404) == 1 && count(200, route: 1) == 1)
    #expect(count(0) == 3)  // statuses that nobody answers
    #expect(tally.durations(route: 2, method: 1).count == 6)
    #expect(tally.bodyBytes == 35 && tally.responseBytes == 350)
  }

  @Test func twoAddUp() {
    var (one, other) = (Tally(routes: 3), Tally(routes: 3))
    one.add(answer(200))
    other.add(answer(200))
    other.slowRequests = 2
    one += other
    #expect(one.durations(route: 2, method: 1).count == 2)
    #expect(one.slowRequests == 2 && one.bodyBytes == 10)
  }
}

@Suite struct BoardTests {
  @Test func onlyTheFirstLossAndTheLastReturnAreNews() {
    let board = Board(reactors: 2)
    #expect(board.laneChanged(isLost: true))
    #expect(!board.laneChanged(isLost: true))
    #expect(board.isDatabaseLost)
    #expect(!board.laneChanged(isLost: false))
    #expect(!board.laneChanged(isLost: true))
    #expect(!board.laneChanged(isLost: false))
    #expect(board.laneChanged(isLost: false))
    #expect(!board.isDatabaseLost)
  }

  @Test func oneLoopThatHangsIsSeen() {
    let board = Board(reactors: 2)
    #expect(!board.allTurned(since: 1))
    board.turned(0, at: 10)
    #expect(!board.allTurned(since: 5))
    board.turned(1, at: 7)
    #expect(board.allTurned(since: 5))
    board.turned(0, at: 20)
    #expect(!board.allTurned(since: 15))
    board.turned(1, at: .max)  // it has ended
    #expect(board.allTurned(since: 15))
  }
}
