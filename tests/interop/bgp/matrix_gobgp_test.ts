import { matrixTest } from "./matrix.ts";

matrixTest("GoBGP");
