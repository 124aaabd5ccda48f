// Figures of the runs: the summary, the collector, and the order of the runs.

const CHARTS = {};

const METRICS = [["settled", "Settled"], ["peak", "Peak"], ["mean", "Mean RSS"]];

/** The numbers of the arms that ran a workload, in the report's order. */
function armsOf(workload) {
  return Array.from(new Set(workload.runs.map((run) => run.arm)));
}

/** Every run as a mark and each median as a bar, for three figures on one scale. */
CHARTS.summary = (node, workload) => {
  const arms = armsOf(workload);
  const groups = METRICS.map(([key, title]) => ({
    title,
    rows: arms.map((arm) => ({
      arm,
      values: workload.runs.filter((run) => run.arm === arm && run[key] != null)
        .map((run) => run[key]),
    })).filter((row) => row.values.length > 0),
  })).filter((group) => group.rows.length > 0);
  const step = 21;
  const heights = groups.map((group) => 34 + group.rows.length * step);
  const label = groups.map((group) => `${group.title}: ${group.rows.map((row) =>
    `${armOf(row.arm).label} ${megabytes(d3.median(row.values))}`).join(", ")}`).join(". ");
  const { svg, width, height } = canvasFor(node, d3.sum(heights) + 30, label);
  const left = nameRoom(arms, width);
  const most = d3.max(groups, (group) => d3.max(group.rows, (row) => d3.max(row.values)));
  const x = d3.scaleLinear().domain([0, most / MEGA || 1]).range([left, width - 76]);
  axisBelow(svg, x, 20, height - 26, plainNumber, width < 500 ? 4 : 8);
  svg.append("text").attr("class", "unit").attr("x", width - 4).attr("y", height - 11)
    .attr("text-anchor", "end").text("MB");
  let y = 0;
  groups.forEach((group, index) => {
    svg.append("text").attr("class", "group").attr("x", 0).attr("y", y + 16).text(group.title);
    group.rows.forEach((row, place) => {
      const middle = y + 26 + place * step + step / 2;
      const line = svg.append("g").attr("class", armClass(row.arm));
      line.append("text").attr("class", "name").attr("x", left - 10).attr("y", middle + 4)
        .attr("text-anchor", "end").text(nameText(row.arm, left));
      line.append("line").attr("class", "track").attr("x1", x(0)).attr("x2", width - 76)
        .attr("y1", middle).attr("y2", middle);
      for (const value of row.values) {
        const [, turn] = SHAPES[armOf(row.arm).slot % SHAPES.length];
        mark(line, row.arm).attr("class", `mark run ${armClass(row.arm)}`)
          .attr("transform", `translate(${x(value / MEGA)},${middle}) rotate(${turn})`)
          .append("title").text(`${armOf(row.arm).label}: ${oneDigit(value / MEGA)} MB`);
      }
      const median = d3.median(row.values);
      line.append("rect").attr("class", "median").attr("x", x(median / MEGA) - 1.25)
        .attr("y", middle - 9).attr("width", 2.5).attr("height", 18);
      line.append("text").attr("class", "value").attr("y", middle + 4)
        .attr("x", x(d3.max(row.values) / MEGA) + 9).text(megabytes(median));
    });
    y += heights[index];
  });
};

/** Bars of one figure by arm; the strong part may be a part of the whole one. */
function bars(node, { title, rows, text, legend }) {
  const label = `${title}: ${rows.map((row) => `${armOf(row.arm).label} ${text(row)}`).join(", ")}`;
  const { svg, width } = canvasFor(node, 34 + rows.length * 24, label);
  const left = nameRoom(rows.map((row) => row.arm), width);
  const longest = d3.max(rows, (row) => text(row).length) * 6.6 + 14;
  const x = d3.scaleLinear().domain([0, d3.max(rows, (row) => row.all) || 1])
    .range([0, Math.max(20, width - left - longest)]);
  svg.append("text").attr("class", "group").attr("x", 0).attr("y", 15).text(title);
  if (legend) {
    svg.append("text").attr("class", "unit").attr("x", width).attr("y", 15)
      .attr("text-anchor", "end").text(legend);
  }
  rows.forEach((row, place) => {
    const y = 28 + place * 24;
    const line = svg.append("g").attr("class", armClass(row.arm));
    line.append("text").attr("class", "name").attr("x", left - 10).attr("y", y + 12)
      .attr("text-anchor", "end").text(nameText(row.arm, left));
    line.append("rect").attr("class", "bar faint").attr("x", left).attr("y", y)
      .attr("width", x(row.all)).attr("height", 16);
    line.append("rect").attr("class", "bar").attr("x", left).attr("y", y)
      .attr("width", x(row.strong)).attr("height", 16);
    line.append("text").attr("class", "value").attr("x", left + x(row.all) + 7)
      .attr("y", y + 12).text(text(row));
  });
}

/** Collections, their share of time, and slots. */
CHARTS.collector = (node, workload) => {
  const rows = (all, strong) => workload.collectors
    .map((one) => ({ arm: one.arm, all: all(one), strong: strong(one) }))
    .filter((row) => row.all != null && row.strong != null);
  const counts = rows((one) => (one.minor || 0) + (one.major || 0), (one) => one.major || 0);
  const times = rows((one) => one.timeShare, (one) => one.timeShare);
  const slots = rows((one) => one.slots, (one) => one.liveSlots);
  const figures = [{
    title: "Collections", rows: counts, legend: "strong: major",
    text: (row) => `${whole(row.strong)} of ${whole(row.all)}`,
  }, {
    title: "Share of time", rows: times, text: (row) => percent(row.all),
  }, {
    title: "Slots for objects", rows: slots, legend: "strong: live",
    text: (row) => `${percent(row.strong / (row.all || 1))} of ${d3.format(".3~s")(row.all)}`,
  }].filter((figure) => figure.rows.length > 0);
  // All places first: how wide each is depends on how many there are.
  const places = figures.map(() => d3.select(node).append("div").attr("class", "bars").node());
  figures.forEach((figure, number) => bars(places[number], figure));
};

/** Each run by how far it is from its arm's median, in the order of the session. */
CHARTS.runs = (node, workload) => {
  const medians = new Map(armsOf(workload).map((arm) => [
    arm, d3.median(workload.runs.filter((run) => run.arm === arm), (run) => run.settled),
  ]));
  const points = workload.runs.map((run) => ({
    arm: run.arm, position: run.position + 1,
    off: medians.get(run.arm) > 0 ? (run.settled / medians.get(run.arm) - 1) * 100 : 0,
  }));
  const far = Math.max(0.5, d3.max(points, (point) => Math.abs(point.off)) * 1.15);
  const label = `Settled memory of ${points.length} runs in their order, by their distance from the`
    + ` median of their arm; the farthest is ${oneDigit(far / 1.15)} % away.`;
  const { svg, width, height } = canvasFor(node, 210, label);
  const x = d3.scaleLinear().domain(d3.extent(points, (point) => point.position))
    .range([64, width - 16]);
  const y = d3.scaleLinear().domain([-far, far]).range([height - 40, 12]);
  axisLeft(svg, y, 54, width, (value) => `${value > 0 ? "+" : ""}${plainNumber(value)} %`, 5);
  svg.append("line").attr("class", "zero").attr("x1", 54).attr("x2", width)
    .attr("y1", y(0)).attr("y2", y(0));
  svg.append("text").attr("class", "unit").attr("x", width).attr("y", height - 6)
    .attr("text-anchor", "end").text("place in the order of runs");
  for (const tick of x.ticks(Math.min(10, points.length)).filter(Number.isInteger)) {
    svg.append("text").attr("class", "tick").attr("x", x(tick)).attr("y", height - 22)
      .attr("text-anchor", "middle").text(tick);
  }
  for (const point of points) {
    const [, turn] = SHAPES[armOf(point.arm).slot % SHAPES.length];
    mark(svg, point.arm, 52).attr("class", `mark run ${armClass(point.arm)}`)
      .attr("transform", `translate(${x(point.position)},${y(point.off)}) rotate(${turn})`)
      .append("title").text(`${armOf(point.arm).label}, place ${point.position}: `
        + `${point.off >= 0 ? "+" : ""}${point.off.toFixed(2)} %`);
  }
};
