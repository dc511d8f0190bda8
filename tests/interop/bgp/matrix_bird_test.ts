import { matrixTest } from "./matrix.ts";

matrixTest("BIRD");
