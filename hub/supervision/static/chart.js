/** The day's wait by hour, as columns. The table beside it says the same to whoever does not see it. */

import { make, say, setText } from "/look/page.js";

const find = (selector) => document.querySelector(selector);
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const LETTERS = '600 12px "Noto Sans", sans-serif';
/** Hours shown at least, so that the first column of a morning is not a wall. */
const LEAST = 8;

let plot = null;
let drawn = "";

export function drawHours(hours) {
  const seen = JSON.stringify(hours);
  if (seen === drawn) return;
  drawn = seen;
  find("#hours-none").hidden = hours.length > 0;
  find("#chart").hidden = hours.length === 0;
  drawTable(hours);
  if (hours.length && globalThis.uPlot) drawColumns(hours);
}

function drawTable(hours) {
  const rows = hours.map(({ hour, received, p80_s: p80 }) => {
    const name = make("th", "", rangeOf(hour));
    name.scope = "row";
    return make("tr", "", "", name, make("td", "number", String(received)), make("td", "number", inMinutes(p80)));
  });
  find("#hours-table tbody").replaceChildren(...rows);
  setText(find("#hours-table").caption ?? find("#hours-table").createCaption(), say("hours"));
}

const rangeOf = (hour) => say("hour_range", { low: hour, high: (hour + 1) % 24 });
const inMinutes = (seconds) => String(Math.round(seconds / 60));

function drawColumns(hours) {
  plot?.destroy();
  const places = Array.from({ length: Math.max(LEAST, hours.length) }, (_, index) => index);
  const values = places.map((index) => (hours[index] ? hours[index].p80_s / 60 : null));
  const first = hours[0].hour;
  const names = places.map((index) => String(hours[index]?.hour ?? (first + index) % 24));
  plot = new uPlot(options(names, hours), [places, values], find("#chart"));
}

function options(names, hours) {
  const { clientWidth: width, clientHeight: height } = find("#chart");
  const grid = { stroke: colour("--line"), width: 1 };
  const axis = { stroke: colour("--slate"), font: LETTERS, ticks: { show: false } };
  return {
    width,
    height,
    legend: { show: false },
    cursor: { show: false },
    scales: { x: { time: false, range: [-0.5, names.length - 0.5] }, y: { range: (_plot, _low, high) => [0, Math.max(10, high * 1.2)] } },
    axes: [
      { ...axis, grid: { show: false }, splits: () => names.map((_, index) => index), values: () => names.map((name) => `${name} h`), size: 28 },
      { ...axis, grid, size: 34, values: (_plot, splits) => splits.map(String), space: 28 },
    ],
    series: [{}, { fill: colour("--leaf"), stroke: colour("--leaf"), paths: uPlot.paths.bars({ size: [0.62, 56], radius: 0.08 }), points: { show: false } }],
    hooks: { draw: [(drawing) => writeValues(drawing, hours)] },
  };
}

/** Each column has its value written on it. */
function writeValues(drawing, hours) {
  const { ctx } = drawing;
  ctx.save();
  ctx.fillStyle = colour("--ink");
  ctx.font = `700 ${13 * devicePixelRatio}px "Noto Sans", sans-serif`;
  ctx.textAlign = "center";
  hours.forEach(({ p80_s: p80 }, index) => {
    const top = drawing.valToPos(p80 / 60, "y", true);
    ctx.fillText(inMinutes(p80), drawing.valToPos(index, "x", true), top - 5 * devicePixelRatio);
  });
  ctx.restore();
}

new ResizeObserver(([{ contentRect }]) => {
  if (plot && contentRect.height) plot.setSize({ width: contentRect.width, height: contentRect.height });
}).observe(find("#chart"));
