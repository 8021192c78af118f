// What a page with recorded runs, and no others, needs.

import { defineRecordedRuns } from "./recorded_runs.js";

defineRecordedRuns();
