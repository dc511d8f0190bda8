import { matrixTest } from "./column.ts";

matrixTest("BIRD");
