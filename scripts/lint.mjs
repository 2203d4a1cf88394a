// Types and lint in one process: the linter asks for most of the types that the compiler needs, so they are worked out once.
import { ESLint } from "eslint";
import ts from "typescript";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const configFile = `${root}tsconfig.json`;
const asHost = {
  getCurrentDirectory: () => root,
  getCanonicalFileName: (name) => name,
  getNewLine: () => "\n",
};

const { config } = ts.readConfigFile(configFile, ts.sys.readFile);
const { options, fileNames, errors } = ts.parseJsonConfigFileContent(config, ts.sys, root);
const program = ts.createProgram(fileNames, options);

const linter = new ESLint({
  cwd: root,
  overrideConfig: { languageOptions: { parserOptions: { projectService: false, programs: [program] } } },
});
const results = await linter.lintFiles(["."]);
const faults = [...errors, ...ts.getPreEmitDiagnostics(program)];

process.stdout.write(ts.formatDiagnosticsWithColorAndContext(faults, asHost));
process.stdout.write(await (await linter.loadFormatter("stylish")).format(results));
process.exitCode = faults.length + results.filter((file) => file.messages.length).length > 0 ? 1 : 0;
