// The sheet on which a layout is made: in shares of its width, and in pixels of its usual
// height.

/** Pixels left free on either side. */
export const MARGIN = 12;

/** @import { Region, Spot } from "./grid.js" */

export class Sheet {
  /**
   * @param {number} width Of the picture, in pixels.
   * @param {number} stretch How many times as high as usual it is.
   */
  constructor(width, stretch) {
    /** The width within the margins. */
    this.w = width - 2 * MARGIN;
    this.stretch = stretch;
  }

  /** The right end of what is within the margins. */
  get right() {
    return MARGIN + this.w;
  }

  /**
   * The pixels of a share of the width.
   *
   * @param {number} share
   */
  across(share) {
    return MARGIN + this.w * share;
  }

  /**
   * A region whose left end and width are pixels.
   *
   * @param {number} x
   * @param {number} y
   * @param {number} w
   * @param {number} h
   * @returns {Region}
   */
  area(x, y, w, h) {
    return { x, y: y * this.stretch, w, h: h * this.stretch };
  }

  /**
   * A region whose left end and width are shares of the picture's width.
   *
   * @param {number} leftShare
   * @param {number} y
   * @param {number} widthShare
   * @param {number} h
   */
  part(leftShare, y, widthShare, h) {
    return this.area(this.across(leftShare), y, this.w * widthShare, h);
  }

  /**
   * @param {number} x In pixels.
   * @param {number} y
   * @returns {Spot}
   */
  spot(x, y) {
    return [x, y * this.stretch];
  }
}
