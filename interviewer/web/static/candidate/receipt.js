// The receipt: what was kept in this tab until it was sent goes.

import { forgetCorrections } from "./kept_corrections.js";

forgetCorrections(document.body.dataset.base);
