import { jest, test } from "@jest/globals";
import { newOwner } from "./claim.ts";
import { launchWithLostAnswers } from "./lost-answers.ts";

jest.setTimeout(600_000);

test("whichever answer of the engine gets lost, a launch leaves nothing, or succeeds", async () => {
  await launchWithLostAnswers(newOwner(), 1, AbortSignal.timeout(590_000));
});
