// A setting between a person who moves it and a kernel that may be late.

import assert from "node:assert/strict";

import { PATIENCE } from "../../../src/inflight_lab/panel/js/pending_moves.js";
import { Setting } from "../../../src/inflight_lab/panel/js/setting.js";
import { PlayedInput, PlayedModel, withPlayedTime } from "./support.js";

/** A limit of 3 on a slider, on a page that ends with `life`. */
function limitOfThree() {
  const model = new PlayedModel({ limit: 3, quota: "none" });
  const input = new PlayedInput();
  const life = new AbortController();
  /** @param {number} value */
  const show = (value) => {
    input.value = `${value}`;
  };
  new Setting(model, "limit", input.element, show, life.signal);
  return { model, input, life };
}

Deno.test("a setting shows the model's value, and follows it", () => {
  const { model, input } = limitOfThree();
  assert.equal(input.value, "3");
  model.set("limit", 20);
  assert.equal(input.value, "20");
});

Deno.test("a move is sent as the kind of value that the setting has", () => {
  withPlayedTime(() => {
    const { model, input } = limitOfThree();
    input.move("7");
    assert.deepEqual(model.sent.at(-1).set, { limit: 7 });
    const list = new PlayedInput();
    const { signal } = new AbortController();
    new Setting(model, "quota", list.element, () => {}, signal);
    list.move("gcra");
    assert.deepEqual(model.sent.at(-1).set, { quota: "gcra" });
  });
});

Deno.test("the moves of an input are numbered, apart from those of another page", () => {
  withPlayedTime(() => {
    const { model, input } = limitOfThree();
    input.move("7");
    input.move("8");
    const [first, second] = model.sent;
    assert.deepEqual([first.move, second.move], [1, 2]);
    assert.equal(first.input, second.input);
    const other = limitOfThree();
    other.input.move("7");
    assert.notEqual(other.model.sent[0].input, first.input);
  });
});

Deno.test("until the last move is settled, older values do not pull it back", () => {
  withPlayedTime((pass) => {
    const { model, input } = limitOfThree();
    for (const value of ["4", "5", "6", "7", "6"]) input.move(value);
    for (const late of [4, 5, 6, 7]) { // the third move, too, was to 6
      model.set("limit", late);
      model.settle("limit");
      pass(PATIENCE / 2);
      assert.equal(input.value, "6");
    }
    model.set("limit", 6);
    model.settle("count");
    model.set("limit", 8);
    assert.equal(input.value, "6");
    model.settle("limit");
    assert.equal(input.value, "8");
  });
});

Deno.test("a move that is refused is taken back", () => {
  withPlayedTime(() => {
    const { model, input } = limitOfThree();
    input.move("0");
    model.settle("limit");
    assert.equal(input.value, "3");
  });
});

Deno.test("a move that is never settled is taken back in the end", () => {
  withPlayedTime((pass) => {
    const { input } = limitOfThree();
    input.move("9");
    pass(PATIENCE - 1);
    assert.equal(input.value, "9");
    pass(1);
    assert.equal(input.value, "3");
  });
});

Deno.test("each move has its patience, and none is settled twice", () => {
  withPlayedTime((pass) => {
    const { model, input } = limitOfThree();
    model.settle("limit");
    input.move("8");
    pass(PATIENCE - 1);
    input.move("9");
    pass(PATIENCE - 1);
    assert.equal(input.value, "9");
    model.settle("limit");
    assert.equal(input.value, "9");
    model.settle("limit");
    assert.equal(input.value, "3");
  });
});

Deno.test("a swipe that scrolls the page puts the slider back", () => {
  withPlayedTime(() => {
    const { model, input } = limitOfThree();
    input.dispatchEvent(new Event("pointerdown"));
    input.dispatchEvent(new Event("pointercancel"));
    assert.equal(model.sent.length, 0);
    input.dispatchEvent(new Event("pointerdown"));
    input.move("11");
    input.dispatchEvent(new Event("pointercancel"));
    assert.equal(input.value, "3");
    assert.deepEqual(model.sent.at(-1).set, { limit: 3 });
  });
});

Deno.test("a page that has gone follows nothing, and has no timer", () => {
  withPlayedTime((pass) => {
    const { model, input, life } = limitOfThree();
    input.move("9");
    life.abort();
    assert.equal(model.followed, 0);
    pass(PATIENCE);
    assert.equal(input.value, "9");
  });
});
