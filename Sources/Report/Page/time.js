// Resident memory over time.

/** At most so many points of a line: first, last, and the extremes between. */
function thinned(samples, most) {
  if (samples.length <= most) return samples;
  const step = Math.ceil(samples.length / (most / 2));
  const kept = [];
  for (let start = 0; start < samples.length; start += step) {
    const part = samples.slice(start, start + step);
    const low = d3.scan(part, (a, b) => a.rss - b.rss);
    const high = d3.scan(part, (a, b) => b.rss - a.rss);
    for (const index of [low, high].sort((a, b) => a - b)) kept.push(part[index]);
  }
  return [samples[0], ...kept, samples[samples.length - 1]];
}

CHARTS.time = (node, workload) => {
  const lines = workload.runs.map((run, index) => {
    const samples = samplesOf(run.recording, run.run);
    const begin = samples.length ? samples[0].t : 0;
    const { atEnd } = DATA.sources[run.recording].recording.runs[run.run];
    return {
      arm: run.arm, isMiddle: workload.middle.includes(index),
      samples: samples.map((one) => ({ t: one.t - begin, rss: one.rss })),
      end: atEnd ? atEnd.t - begin : null,
    };
  }).filter((line) => line.samples.length > 1);
  if (!lines.length) return;
  lines.sort((a, b) => a.isMiddle - b.isMiddle);
  const strong = lines.filter((line) => line.isMiddle);
  const last = (line) => line.samples[line.samples.length - 1];
  const label = `Resident memory over time. ${strong.map((line) => `${armOf(line.arm).label}: at most `
    + `${megabytes(d3.max(line.samples, (one) => one.rss))}, at the end `
    + `${megabytes(last(line).rss)}`).join("; ")}. Arrow keys read off figures.`;
  const { svg, width, height } = canvasFor(node, 300, label);
  svg.attr("tabindex", 0).attr("role", "application");
  const longest = d3.max(strong, (line) => armOf(line.arm).label.length);
  const right = Math.min(width * 0.36, (longest + 6) * 7.3 + 12);
  const x = d3.scaleLinear().domain([0, d3.max(strong, (line) => last(line).t) / 1000])
    .range([46, width - right]);
  const y = d3.scaleLinear()
    .domain([0, d3.max(lines, (line) => d3.max(line.samples, (one) => one.rss)) / MEGA])
    .range([height - 34, 14]);
  axisLeft(svg, y, 46, width - right, plainNumber, 5);
  for (const tick of x.ticks(width < 500 ? 4 : 8)) {
    svg.append("text").attr("class", "tick").attr("x", x(tick)).attr("y", height - 16)
      .attr("text-anchor", "middle").text(plainNumber(tick));
  }
  svg.append("text").attr("class", "unit").attr("x", 0).attr("y", 10).text("MB");
  svg.append("text").attr("class", "unit").attr("x", width - right + 8).attr("y", height - 16)
    .text("seconds");
  // Another run may have taken longer than all the strong ones.
  const clip = `clip-${DATA.workloads.indexOf(workload)}`;
  svg.append("clipPath").attr("id", clip).append("rect").attr("x", 46).attr("y", 0)
    .attr("width", width - right - 46 + 1).attr("height", height);
  const path = d3.line().x((one) => x(one.t / 1000)).y((one) => y(one.rss / MEGA));
  for (const line of lines) {
    svg.append("path").attr("class", `line ${armClass(line.arm)} ${line.isMiddle ? "" : "thin"}`)
      .attr("clip-path", `url(#${clip})`).attr("d", path(thinned(line.samples, 800)));
  }
  const names = strong.map((line) => ({ line, y: y(last(line).rss / MEGA) }));
  for (const name of apart(names, 15, 14, height - 38)) {
    const group = svg.append("g").attr("class", armClass(name.line.arm));
    const end = last(name.line);
    group.append("path").attr("class", "leader")
      .attr("d", `M${x(end.t / 1000) + 2},${y(end.rss / MEGA)}L${width - right + 6},${name.y}`);
    group.append("text").attr("class", "direct").attr("x", width - right + 9)
      .attr("y", name.y + 4)
      .text(`${nameText(name.line.arm, right - 40)} ${whole(end.rss / MEGA)}`);
    if (name.line.end != null) {
      group.append("circle").attr("class", "end").attr("cx", x(name.line.end / 1000)).attr("r", 4)
        .attr("cy", y(at(name.line, name.line.end).rss / MEGA));
    }
  }
  readOff(node, svg, strong, x, y);
};

/** The sample of a line that held at a moment, in milliseconds. */
function at(line, moment) {
  const index = d3.bisector((one) => one.t).right(line.samples, moment);
  return line.samples[Math.max(0, index - 1)];
}

/** A line that follows the pointer or the arrow keys, and the figures where it stands. */
function readOff(node, svg, lines, x, y) {
  const text = d3.select(node).append("p").attr("class", "readout").attr("aria-live", "polite");
  const cross = svg.append("line").attr("class", "cross").attr("y1", y.range()[1])
    .attr("y2", y.range()[0]).attr("visibility", "hidden");
  const [first, final] = x.domain();
  let moment = null;
  const show = (value) => {
    moment = value == null ? null : Math.max(first, Math.min(final, value));
    cross.attr("visibility", moment == null ? "hidden" : "visible");
    text.selectAll("*").remove();
    if (moment == null) return;
    cross.attr("x1", x(moment)).attr("x2", x(moment));
    text.append("b").text(`${moment.toFixed(2)} s`);
    for (const line of lines) {
      const ended = line.samples[line.samples.length - 1].t < moment * 1000;
      text.append("span").attr("class", armClass(line.arm)).text(
        `${armOf(line.arm).label} ${ended ? "ended" : megabytes(at(line, moment * 1000).rss)}`);
    }
  };
  svg.on("mousemove", function () { show(x.invert(d3.mouse(this)[0])); })
    .on("mouseleave", () => show(null))
    .on("blur", () => show(null))
    .on("keydown", () => {
      const step = (final - first) / 50;
      const moves = { ArrowLeft: -step, ArrowRight: step, Home: -Infinity, End: Infinity };
      if (!(d3.event.key in moves)) return;
      d3.event.preventDefault();
      show((moment == null ? first : moment) + (moment == null ? 0 : moves[d3.event.key]));
    });
}
