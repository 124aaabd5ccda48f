// What every figure shares: the data, colours, marks, and how numbers are written.

const DATA = JSON.parse(document.getElementById("data").textContent);

const SHAPES = [
  [d3.symbolCircle, 0], [d3.symbolSquare, 0], [d3.symbolTriangle, 0], [d3.symbolDiamond, 0],
  [d3.symbolTriangle, 180], [d3.symbolCross, 0], [d3.symbolStar, 0], [d3.symbolWye, 0],
];

const armOf = (number) => DATA.arms[number];
const armClass = (number) => `arm-${armOf(number).slot}`;

/** The mark of an arm, as wide as 7 pixels or so. */
function mark(selection, number, size = 42) {
  const [shape, turn] = SHAPES[armOf(number).slot % SHAPES.length];
  return selection.append("path").attr("class", `mark ${armClass(number)}`)
    .attr("d", d3.symbol().type(shape).size(size)()).attr("data-turn", turn);
}

const MEGA = 1e6;
const oneDigit = d3.format(",.1f");
const whole = d3.format(",.0f");

/** Megabytes of bytes: two figures at least. */
function megabytes(bytes) {
  const value = bytes / MEGA;
  return `${value < 9.95 ? oneDigit(value) : whole(value)} MB`;
}

function percent(share) {
  const value = share * 100;
  return `${Math.abs(value) < 9.95 && value !== 0 ? oneDigit(value) : whole(value)} %`;
}

/** Bytes as they are said of chunks and pages. */
function bytesText(bytes) {
  if (bytes < 10000) return `${d3.format(",")(bytes)} B`;
  return bytes < MEGA ? `${oneDigit(bytes / 1000)} kB` : `${oneDigit(bytes / MEGA)} MB`;
}

const sampleCache = new Map();

/** The samples of a run as they were recorded, out of their columns. */
function samplesOf(sourceNumber, runNumber) {
  const key = `${sourceNumber} ${runNumber}`;
  if (!sampleCache.has(key)) {
    const columns = DATA.sources[sourceNumber].samples[runNumber];
    const last = { rss: 0, size: 0, shared: 0 };
    const samples = columns.t.map((t, index) => {
      const sample = { t };
      for (const name of ["rss", "size", "shared"]) {
        last[name] += columns[name][index];
        sample[name] = last[name] * columns.unit;
      }
      return sample;
    });
    for (const [index, bytes] of columns.anonymous) samples[index].anonymous = bytes;
    sampleCache.set(key, samples);
  }
  return sampleCache.get(key);
}

/** A recording as `measure` wrote it, but for its heap maps. */
function recordingOf(sourceNumber) {
  const recording = JSON.parse(JSON.stringify(DATA.sources[sourceNumber].recording));
  recording.runs.forEach((run, number) => {
    run.samples = samplesOf(sourceNumber, number);
  });
  return recording;
}

/** An empty drawing in a figure's place, as wide as that is. */
function canvasFor(node, height, label) {
  const width = Math.max(240, node.clientWidth);
  const svg = d3.select(node).append("svg").attr("role", "img").attr("aria-label", label)
    .attr("viewBox", `0 0 ${width} ${height}`).attr("width", width).attr("height", height);
  return { svg, width, height };
}

/** Room for the names of arms at the left, at most a third of the width. */
function nameRoom(numbers, width) {
  const longest = d3.max(numbers, (number) => armOf(number).label.length) || 0;
  return Math.min(Math.max(64, longest * 7.4 + 16), width * 0.34);
}

/** The name of an arm; one that is too long keeps its end, where names differ. */
function nameText(number, room) {
  const label = armOf(number).label;
  const fits = Math.floor((room - 14) / 7.2);
  return label.length > fits ? `…${label.slice(label.length - Math.max(1, fits - 1))}` : label;
}
