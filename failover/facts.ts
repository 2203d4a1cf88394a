export * from "../lifecycle/facts.ts";
