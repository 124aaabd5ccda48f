// Scales with their lines and numbers.

/** Vertical lines with numbers below them. */
function axisBelow(svg, scale, top, bottom, format, count) {
  const axis = svg.append("g").attr("class", "axis").attr("aria-hidden", "true");
  for (const tick of scale.ticks(count)) {
    axis.append("line").attr("x1", scale(tick)).attr("x2", scale(tick))
      .attr("y1", top).attr("y2", bottom);
    axis.append("text").attr("x", scale(tick)).attr("y", bottom + 15)
      .attr("text-anchor", "middle").text(format(tick));
  }
  return axis;
}

/** Horizontal lines with numbers at their left. */
function axisLeft(svg, scale, left, right, format, count) {
  const axis = svg.append("g").attr("class", "axis").attr("aria-hidden", "true");
  for (const tick of scale.ticks(count)) {
    axis.append("line").attr("x1", left).attr("x2", right)
      .attr("y1", scale(tick)).attr("y2", scale(tick));
    axis.append("text").attr("x", left - 8).attr("y", scale(tick) + 4)
      .attr("text-anchor", "end").text(format(tick));
  }
  return axis;
}

/** Moves labels apart that would stand on one another; they keep their order. */
function apart(labels, distance, low, high) {
  const sorted = labels.slice().sort((a, b) => a.y - b.y);
  for (let index = 1; index < sorted.length; index += 1) {
    sorted[index].y = Math.max(sorted[index].y, sorted[index - 1].y + distance);
  }
  let limit = high;
  for (let index = sorted.length - 1; index >= 0; index -= 1) {
    sorted[index].y = Math.max(low, Math.min(sorted[index].y, limit));
    limit = sorted[index].y - distance;
  }
  return labels;
}

const plainNumber = (value) => d3.format(",")(+value.toFixed(6));
