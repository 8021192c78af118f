// Thresholds that the pictures and the sentence share.

/** A slot sleeps if it is still held this many seconds after its answer. */
export const ASLEEP_AFTER_SECONDS = 0.1;

/** A request that takes longer than this to arrive was waiting for a connection. */
export const CONNECTED_SECONDS = 0.025;

/** A quota is nearly used from this share on. */
export const NEARLY_USED = 0.9;
