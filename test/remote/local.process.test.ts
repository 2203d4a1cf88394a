import { openLocalShell } from "../../remote/local.ts";
import { describeShell } from "./contract.ts";

describeShell("this machine", () => Promise.resolve(openLocalShell({ node: "here/node" })));
