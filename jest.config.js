/** Each project is named for what its tests need; the suffix of a test file says which one it belongs to. */
const kinds = {
  machine: "real nodes",
  mysql: "real database servers",
  kafka: "a real broker",
  process: "programs of our own, or a shell, that run and are killed",
  web: "a real balancer or web server",
};

const shared = {
  testEnvironment: "node",
  extensionsToTreatAsEsm: [".ts"],
  transform: {
    "^.+\\.ts$": [
      "@swc/jest",
      { jsc: { parser: { syntax: "typescript" }, target: "es2022" }, module: { type: "es6" } },
    ],
  },
  moduleNameMapper: { "^hotsite$": "<rootDir>/hotsite.ts" },
};

const suffixes = Object.keys(kinds);
export default {
  projects: [
    {
      ...shared,
      displayName: "unit",
      testMatch: ["<rootDir>/test/**/*.test.ts"],
      testPathIgnorePatterns: [...suffixes, "soak"].map((suffix) => `\\.${suffix}\\.test\\.ts$`),
    },
    ...suffixes.map((suffix) => ({
      ...shared,
      displayName: suffix,
      testMatch: [`<rootDir>/test/**/*.${suffix}.test.ts`],
    })),
    { ...shared, displayName: "soak", testMatch: ["<rootDir>/test/**/*.soak.test.ts"] },
  ],
};
