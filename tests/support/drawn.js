// Notes what is drawn on each canvas: its words, its lines as points, and its bars.

/** @typedef {{ words: any[], lines: any[], bars: any[] }} Drawing */

/** @type {WeakMap<HTMLCanvasElement, Drawing>} */
const drawings = new WeakMap();
const pen = /** @type {any} */ (CanvasRenderingContext2D.prototype);

/**
 * Call `note` before a method of every canvas's context.
 * @param {string} name @param {(this: any, ...given: any[]) => void} note
 */
function before(name, note) {
  const method = pen[name];
  pen[name] = function (/** @type {any[]} */ ...given) {
    note.call(this, ...given);
    return method.apply(this, given);
  };
}

/** @this {any} */
function beginDrawing() {
  drawings.set(this.canvas, { words: [], lines: [], bars: [] });
}

/** @this {any} */
function beginPath() {
  this.points = [];
}

/** @this {any} @param {number} x @param {number} y */
function addPoint(x, y) {
  this.points.push([x, y]);
}

/** @this {any} */
function addLine() {
  drawings.get(this.canvas)?.lines.push({
    colour: this.strokeStyle,
    dashes: this.getLineDash().join(" "),
    points: this.points,
  });
}

/** @this {any} @param {number} x @param {number} _y @param {number} width */
function addBar(x, _y, width) {
  drawings.get(this.canvas)?.bars.push({ x, width });
}

/** @this {any} @param {string | number} text @param {number} x @param {number} y */
function addWords(text, x, y) {
  const { width } = this.measureText(text);
  /** @type {Record<string, number>} */
  const toTheLeft = { left: 0, center: width / 2, right: width };
  const left = x - toTheLeft[this.textAlign];
  drawings.get(this.canvas)?.words.push({
    text: `${text}`,
    left,
    right: left + width,
    y,
    size: parseFloat(this.font.match(/[0-9.]+px/)[0]),
    large: this.getTransform().a / devicePixelRatio,
  });
}

/** Begin to note; the page's functions `drawnOn` and `plotDrawn` say what is drawn now. */
export function noteDrawings() {
  before("clearRect", beginDrawing);
  before("beginPath", beginPath);
  before("moveTo", addPoint);
  before("lineTo", addPoint);
  before("stroke", addLine);
  before("fillRect", addBar);
  before("fillText", addWords);
  const page = /** @type {any} */ (window);
  page.drawnOn = (/** @type {HTMLCanvasElement} */ canvas) => drawings.get(canvas);
  page.plotDrawn = (/** @type {number} */ lane) =>
    page.drawnOn(document.querySelectorAll(".ifl-lines canvas")[lane]);
}
