import { matrixTest } from "./column.ts";

matrixTest("GoBGP");
