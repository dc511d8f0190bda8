import { matrixTest } from "./matrix.ts";

matrixTest("FRR");
