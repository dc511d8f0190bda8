import { matrixTest } from "./column.ts";

matrixTest("FRR");
