/** The charts of a range of days. The tables say the same in figures. */

import "/supervision/static/paper.js";

const find = (selector) => document.querySelector(selector);
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const LETTERS = '600 12px "Noto Sans", sans-serif';
const AXIS = { size: 40, gap: 4 };
const plots = [];

/* ------------------------------------------------------------------- charts */

function drawTrend(figure, points, say) {
  const places = points.map((_, index) => index);
  const data = [places, points.map((one) => one.issued), points.map((one) => one.p50), points.map((one) => one.p80)];
  draw(figure, data, points.map((one) => one.name), {
    scales: { y: { range: fromZero(5) }, min: { range: fromZero(10) } },
    axes: [axis({ grid: { stroke: colour("--line"), width: 1 } }), axis({ scale: "min", side: 1, grid: { show: false } })],
    series: [
      bars(colour("--mint"), colour("--leaf")),
      { scale: "min", stroke: colour("--slate"), width: 1.5, dash: [5, 4], points: { show: points.length < 3 } },
      { scale: "min", stroke: colour("--clay"), width: 2.5, points: { show: points.length <= 45, size: 6, fill: colour("--clay") } },
    ],
    told: (index) => {
      const one = points[index];
      return say("told_trend", { name: one.name, issued: one.issued, served: one.served, p50: minutes(one.p50), p80: minutes(one.p80) });
    },
  });
}

function drawWaits(figure, columns, say) {
  const names = columns.map((one) => (one.high === null ? `${one.low}+` : `${one.low}–${one.high}`));
  const data = [columns.map((_, index) => index), columns.map((one) => one.count), columns.map((one) => one.share * 100)];
  draw(figure, data, names, {
    scales: { y: { range: fromZero(5) }, share: { range: () => [0, 105] } },
    axes: [axis({ grid: { stroke: colour("--line"), width: 1 } }), axis({ scale: "share", side: 1, grid: { show: false }, values: (_plot, splits) => splits.map((one) => (one > 100 ? "" : `${one} %`)) })],
    series: [bars(colour("--mint"), colour("--leaf")), { scale: "share", stroke: colour("--ink"), width: 2, points: { show: false } }],
    told: (index) => {
      const one = columns[index];
      return say(one.high === null ? "told_more" : "told_waits", { low: one.low, high: one.high, count: one.count, share: (one.share * 100).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 }) });
    },
  });
}

function draw(figure, data, names, { scales, axes, series, told }) {
  const holder = figure.querySelector(".plot");
  const place = figure.querySelector(".told");
  const tell = (index) => {
    if (Number.isInteger(index)) place.textContent = told(index);
  };
  const plot = new uPlot(
    {
      width: holder.clientWidth,
      height: holder.clientHeight,
      legend: { show: false },
      cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
      scales: { x: { time: false, range: [-0.6, names.length - 0.4] }, ...scales },
      axes: [
        { ...axis({}), grid: { show: false }, splits: () => legible(names, holder.clientWidth), values: (_plot, splits) => splits.map((index) => names[index] ?? ""), size: 28 },
        ...axes,
      ],
      series: [{}, ...series],
      hooks: { setCursor: [(drawing) => tell(drawing.cursor.idx)] },
    },
    data,
    holder,
  );
  plots.push(plot);
  byKeys(figure, names.length, tell, (index) => plot.setCursor({ left: plot.valToPos(index, "x"), top: 0 }, false));
  new ResizeObserver(([{ contentRect }]) => {
    if (contentRect.height) plot.setSize({ width: contentRect.width, height: contentRect.height });
  }).observe(holder);
}

const axis = (more) => ({ stroke: colour("--slate"), font: LETTERS, ticks: { show: false }, ...AXIS, ...more });
const bars = (fill, stroke) => ({ fill, stroke, width: 1, paths: uPlot.paths.bars({ size: [0.7, 60] }), points: { show: false } });
const fromZero = (least) => (_plot, _low, high) => [0, Math.max(least, (high ?? 0) * 1.12)];
const minutes = (value) => (value === null ? "–" : value.toLocaleString(document.documentElement.lang, { maximumFractionDigits: 1 }));

/** As many names as have room beside each other. */
function legible(names, width) {
  const longest = Math.max(...names.map((name) => String(name).length));
  const every = Math.max(1, Math.ceil((names.length * (longest * 7.5 + 14)) / Math.max(width - 90, 1)));
  return names.map((_, index) => index).filter((index) => index % every === 0);
}

/** Arrows go from column to column; what is under the cursor is said. */
function byKeys(figure, count, tell, show) {
  let here = -1;
  figure.tabIndex = 0;
  figure.addEventListener("keydown", (event) => {
    const next = { ArrowLeft: here - 1, ArrowRight: here + 1, Home: 0, End: count - 1 }[event.key];
    if (next === undefined || event.altKey) return;
    event.preventDefault();
    here = Math.min(Math.max(next, 0), count - 1);
    show(here);
    tell(here);
  });
}

/* -------------------------------------------------------------------- paper */

addEventListener("beforeprint", () => plots.forEach((plot) => plot.setSize({ width: 460, height: 190 })));
addEventListener("afterprint", () => plots.forEach((plot) => {
  const { clientWidth: width, clientHeight: height } = plot.root.parentElement;
  plot.setSize({ width, height });
}));

/* Days that are still being counted will be there in a while. */
if (find("#missing")) setTimeout(() => location.reload(), 15_000);

/* ------------------------------------------------------------------ the page */

const charts = find(".charts");
if (charts && globalThis.uPlot) {
  const words = JSON.parse(charts.dataset.words);
  const { trend, waits } = JSON.parse(charts.dataset.charts);
  const say = (word, facts) => Object.entries(facts).reduce((text, [name, value]) => text.replace(`{${name}}`, value), words[`chart_${word}`]);
  if (trend.length) drawTrend(find("#trend"), trend, say);
  if (waits.length) drawWaits(find("#waits"), waits, say);
}
