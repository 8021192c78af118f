// The kernel's clock in the page: seconds since the recording began, followed smoothly.

export function kernelClock() {
  let offset = null;
  return {
    reset() { offset = null; },
    hear(now) { // a message says that it is `now`; jump where that is far away (a slept laptop, a new run)
      const seen = performance.now() / 1000 - now;
      offset = offset === null || Math.abs(seen - offset) > 0.5 ? seen : offset + (seen - offset) * 0.05;
    },
    now: () => performance.now() / 1000 - offset,
  };
}
