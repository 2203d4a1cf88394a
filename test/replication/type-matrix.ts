import fc from "fast-check";

/** Definitions of columns, and SQL for values of them: the edges by name, and as many others as wanted. */
export interface MatrixColumn {
  readonly name: string;
  readonly definition: string;
  readonly edges: readonly string[];
  readonly some: fc.Arbitrary<string>;
}

const integers = [
  ["tinyint", 8],
  ["smallint", 16],
  ["mediumint", 24],
  ["int", 32],
  ["bigint", 64],
] as const;

const bytes = (max: number): fc.Arbitrary<string> =>
  fc.uint8Array({ maxLength: max }).map((value) => `X'${Buffer.from(value).toString("hex")}'`);

/** Text of any characters; what a character set does not have becomes a question mark, which is a value as well. */
const characters = (max: number): fc.Arbitrary<string> =>
  fc
    .string({ unit: "grapheme", maxLength: max })
    .map((text) => `LEFT(CONVERT(X'${hex(text)}' USING utf8mb4), ${max})`);

const hex = (text: string): string => Buffer.from(text).toString("hex");
const number = (max: number): fc.Arbitrary<string> => fc.nat(max).map(String);
const two = (value: number): string => String(value).padStart(2, "0");

function column(
  name: string,
  definition: string,
  edges: readonly string[],
  some: fc.Arbitrary<string>,
): MatrixColumn {
  return { name, definition, edges, some };
}

function integer([type, bits]: (typeof integers)[number]): readonly MatrixColumn[] {
  const half = 2n ** BigInt(bits - 1);
  const signed = fc.bigInt({ min: -half, max: half - 1n }).map(String);
  const unsigned = fc.bigInt({ min: 0n, max: 2n * half - 1n }).map(String);
  return [
    column(type, type, ["0", "1", "-1", `${-half}`, `${half - 1n}`], signed),
    column(`${type}_u`, `${type} unsigned`, ["0", `${half}`, `${2n * half - 1n}`], unsigned),
  ];
}

function decimal(precision: number, scale: number): MatrixColumn {
  const nines = "9".repeat(precision);
  const shift = (digits: string): string =>
    `${digits.slice(0, precision - scale)}.${digits.slice(precision - scale) || "0"}`;
  const some = fc.tuple(fc.boolean(), fc.bigInt({ min: 0n, max: BigInt(nines) }));
  return column(
    `decimal_${precision}_${scale}`,
    `decimal(${precision},${scale})`,
    ["0", "-0.0", shift(nines), `-${shift(nines)}`, scale === 0 ? "1" : "0.1"],
    some.map(([minus, digits]) => `${minus ? "-" : ""}${shift(String(digits).padStart(precision, "0"))}`),
  );
}

const clock = fc
  .tuple(fc.nat(59), fc.nat(59), fc.nat(999_999))
  .map(([m, s, f]) => `${two(m)}:${two(s)}.${f}`);
const day = fc
  .tuple(fc.integer({ min: 1, max: 9999 }), fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 28 }))
  .map(([y, m, d]) => `${String(y).padStart(4, "0")}-${two(m)}-${two(d)}`);

function temporal(digits: number): readonly MatrixColumn[] {
  const datetime = fc.tuple(day, fc.nat(23), clock).map(([d, h, c]) => `'${d} ${two(h)}:${c}'`);
  const time = fc
    .tuple(fc.boolean(), fc.nat(837), clock)
    .map(([minus, h, c]) => `'${minus ? "-" : ""}${h}:${c}'`);
  const timestamp = fc.tuple(fc.integer({ min: 1, max: 2 ** 31 - 2 }), fc.nat(999_999));
  return [
    column(
      `time_${digits}`,
      `time(${digits})`,
      [
        "'00:00:00'",
        "'-00:01:00'",
        "'-01:00:00'",
        "'-00:00:00.9'",
        "'838:59:59.999999'",
        "'-838:59:59.999999'",
      ],
      time,
    ),
    column(
      `datetime_${digits}`,
      `datetime(${digits})`,
      ["'0000-00-00 00:00:00'", "'2020-00-00'", "'2021-02-31 10:00:00'", "'9999-12-31 23:59:59.999999'"],
      datetime,
    ),
    column(
      `timestamp_${digits}`,
      `timestamp(${digits}) NULL`,
      [
        "'0000-00-00 00:00:00'",
        "'1970-01-01 00:00:01'",
        "'2038-01-19 03:14:07.999999'",
        "'2020-06-15 12:30:45.5'",
      ],
      timestamp.map(([s, f]) => `FROM_UNIXTIME(${s}.${String(f).padStart(6, "0")})`),
    ),
  ];
}

function text(charset: string): readonly MatrixColumn[] {
  const edges = ["''", "'a  '", "' '", "'a\\0b'", "'é'"];
  return [
    column(`char_${charset}`, `char(20) character set ${charset}`, edges, characters(20)),
    column(`varchar_${charset}`, `varchar(300) character set ${charset}`, edges, characters(60)),
    column(`text_${charset}`, `text character set ${charset}`, edges, characters(60)),
  ];
}

const floats = fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => value.toExponential());
const doubles = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value.toExponential());
const charsets = [
  "latin1",
  "utf8mb3",
  "utf8mb4",
  "cp1251",
  "gbk",
  "sjis",
  "ucs2",
  "utf16",
  "utf32",
  "swe7",
  "ascii",
];

/** Every type that is carried from any server, in every form. */
const matrix: readonly MatrixColumn[] = [
  ...integers.flatMap(integer),
  ...[
    decimal(1, 0),
    decimal(5, 2),
    decimal(9, 9),
    decimal(18, 9),
    decimal(19, 10),
    decimal(65, 30),
    decimal(65, 0),
  ],
  column("float", "float", ["0", "-0e0", "3.4e38", "-1.4e-45", "0.1", "16777217"], floats),
  column(
    "double",
    "double",
    ["0", "-0e0", "1.7976931348623157e308", "5e-324", "0.1", "-1e15", "1e16"],
    doubles,
  ),
  column("float_m", "float(7,3)", ["1.234", "-9999.999"], number(9999)),
  column("year", "year", ["0", "1901", "2155", "2000"], fc.integer({ min: 1901, max: 2155 }).map(String)),
  column("after_year", "tinyint unsigned", ["200", "0"], fc.nat(255).map(String)),
  column(
    "after_year_signed",
    "smallint",
    ["-200", "0"],
    fc.integer({ min: -32_768, max: 32_767 }).map(String),
  ),
  column(
    "date",
    "date",
    ["'0000-00-00'", "'2020-01-00'", "'1000-01-01'", "'9999-12-31'"],
    day.map((d) => `'${d}'`),
  ),
  ...[0, 1, 2, 3, 4, 5, 6].flatMap(temporal),
  ...charsets.flatMap(text),
  // Bytes that latin1 has no character for are a value of their own.
  column("raw_latin1", "varchar(20) character set latin1", ["_latin1 X'81'", "_latin1 X'808D9D'"], bytes(20)),
  column("binary", "binary(9)", ["''", "X'00'", "X'4100'", "X'4120'"], bytes(9)),
  column("binary_255", "binary(255)", ["''", "X'00'"], bytes(200)),
  column("varbinary", "varbinary(300)", ["''", "X'00'", "X'4100'"], bytes(300)),
  ...["tinyblob", "blob", "mediumblob", "longblob"].map((type) =>
    column(type, type, ["''", "X'00FF'"], bytes(255)),
  ),
  column("longtext", "longtext", ["''", "REPEAT('x', 70000)"], characters(100)),
  column(
    "json",
    "json",
    [`'{"__proto__": 1.0, "b": -0.0}'`, `'[1e20, "é"]'`, "'null'"],
    fc.json({ maxDepth: 2 }).map((json) => `CONVERT(X'${hex(json)}' USING utf8mb4)`),
  ),
  column(
    "enum",
    "enum('', 'a,b', 'it''s', 'é') character set cp1251",
    ["1", "2", "3", "4"],
    fc.integer({ min: 1, max: 4 }).map(String),
  ),
  column(
    "enum_long",
    `enum(${Array.from({ length: 300 }, (_, i) => `'v${i}'`).join(",")})`,
    ["1", "256", "300"],
    fc.integer({ min: 1, max: 300 }).map(String),
  ),
  column("set", "set('a','b','cd')", ["0", "7", "'a'"], fc.nat(7).map(String)),
  column(
    "set_64",
    `set(${Array.from({ length: 64 }, (_, i) => `'s${i}'`).join(",")})`,
    ["0", "18446744073709551615"],
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String),
  ),
  column("bit_1", "bit(1)", ["b'0'", "b'1'"], fc.nat(1).map(String)),
  column("bit_10", "bit(10)", ["b'1000000001'"], fc.nat(1023).map(String)),
  column(
    "bit_64",
    "bit(64)",
    ["18446744073709551615"],
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String),
  ),
  column(
    "geometry",
    "geometry",
    ["ST_GeomFromText('POINT(1 -2)', 4326)", "ST_GeomFromText('POLYGON((0 0,1 0,1 1,0 0))')"],
    fc.constant("POINT(3, 4)"),
  ),
  column(
    "point",
    "point",
    ["POINT(1, 2)"],
    fc.tuple(fc.nat(90), fc.nat(90)).map(([x, y]) => `POINT(${x}, ${y})`),
  ),
];

const anyJson = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom("TRUE", "FALSE", "NULL", "'{}'", "'[]'").map(
      (text) =>
        `CAST(${text
          .replace(/^(?=[TFN])/, "'")
          .replace(/(?<=[a-zA-Z])$/, "'")
          .toLowerCase()} AS JSON)`,
    ),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }).map(String),
    fc.integer({ min: -70_000, max: 70_000 }).map(String),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value.toExponential()),
    fc
      .tuple(fc.integer(), fc.integer({ min: -20, max: 20 }))
      .map(([digits, exponent]) => `${digits}e${exponent}`),
    fc.string({ unit: "grapheme", maxLength: 300 }).map((text) => `CONVERT(X'${hex(text)}' USING utf8mb4)`),
    fc
      .tuple(fc.boolean(), fc.bigInt({ min: 0n, max: 10n ** 30n }))
      .map(([minus, n]) => `CAST(${minus ? "-" : ""}${n}.${n % 100_000n} AS DECIMAL(60,9))`),
    day.map((d) => `CAST('${d}' AS DATE)`),
    fc.tuple(day, clock).map(([d, c]) => `CAST('${d} 13:${c}' AS DATETIME(6))`),
    fc
      .tuple(fc.boolean(), fc.nat(837), clock)
      .map(([minus, h, c]) => `CAST('${minus ? "-" : ""}${h}:${c}' AS TIME(6))`),
    fc
      .uint8Array({ minLength: 1, maxLength: 200 })
      .map((value) => `X'${Buffer.from(value).toString("hex")}'`),
    fc.array(tie("value"), { maxLength: 5 }).map((list) => `JSON_ARRAY(${list.join(", ")})`),
    fc
      .array(fc.tuple(fc.string({ unit: "grapheme", maxLength: 12 }), tie("value")), { maxLength: 5 })
      .map(
        (list) =>
          `JSON_OBJECT(${list.map(([key, value]) => `CONVERT(X'${hex(key)}' USING utf8mb4), ${value}`).join(", ")})`,
      ),
  ),
})).value;

export const mysqlJson = column(
  "json",
  "json",
  [
    `'{"__proto__": 1.0, "b": -0.0, "a": {"constructor": [], "": {}}}'`,
    `'[1e20, "é", 1e15, 1e14, 123456789012345.6, 1e-15, 1e-16, 0.1, 5e-324, 1.7976931348623157e308]'`,
    "'null'",
    "'[0, -1, 32767, -32768, 32768, 65535, 65536, 2147483648, -2147483649, 9223372036854775807, 18446744073709551615]'",
    String.raw`'"\\u0000\\u001f\\b\\f\\n\\r\\t\\"\\\\/\\u007f\\u2028"'`,
    "JSON_ARRAY(REPEAT('x', 127), REPEAT('y', 128), REPEAT('z', 16384), REPEAT('é', 40000), 7, -70000, 70000)",
    "CAST(CAST(REPEAT('b', 300) AS BINARY) AS JSON)",
    "JSON_ARRAY(CAST('2020-01-02' AS DATE), CAST('-838:59:59' AS TIME), CAST(1.10 AS DECIMAL(5,2)), b'101', TRUE)",
    "CAST(CONCAT(REPEAT('[', 99), REPEAT(']', 99)) AS JSON)",
  ],
  fc.oneof(
    anyJson.map((value) => `JSON_ARRAY(${value})`),
    anyJson.map((value) => `JSON_EXTRACT(JSON_ARRAY(${value}), '$[0]')`),
  ),
);

const vector = column(
  "vector",
  "vector(3)",
  ["STRING_TO_VECTOR('[1,-2.5,1e-30]')"],
  fc.tuple(fc.integer(), fc.integer(), fc.integer()).map((list) => `STRING_TO_VECTOR('[${list.join()}]')`),
);

/** A table with every type that a server has. */
export interface TypeMatrix {
  readonly columns: readonly MatrixColumn[];
  /** A row of SQL for every column, each NULL now and then. */
  readonly someRow: fc.Arbitrary<readonly string[]>;
  /** As many rows as the column with most edges needs. */
  readonly edgeRows: readonly (readonly string[])[];
  /** `CREATE TABLE` of all, with generated columns and, where there are, an invisible one among them. */
  create(name: string): string;
  insert(name: string, id: number, row: readonly string[]): string;
}

/** Types that both kinds of servers have and mean the same by; the longest time of a MariaDB has a fraction, which MySQL has no room for. */
export const crossMatrix: readonly MatrixColumn[] = matrix
  .filter(({ name }) => name !== "json")
  .map((one) => ({ ...one, edges: one.edges.filter((edge) => !edge.includes("838:59:59.")) }));
export const mariadbMatrix = matrixOf(matrix, "INVISIBLE");
// First, so that what the binlog says of the others is found behind them.
const mysqlColumns = [mysqlJson, ...matrix.filter(({ name }) => name !== "json")];
export const mysqlMatrix = matrixOf([vector, ...mysqlColumns], "INVISIBLE");
/** Before there were vectors and invisible columns. */
export const oldMysqlMatrix = matrixOf(mysqlColumns, "");

function matrixOf(columns: readonly MatrixColumn[], invisible: string): TypeMatrix {
  const rows = Math.max(...columns.map(({ edges }) => edges.length)) + 1;
  const defined = columns.map((one) => `c_${one.name} ${one.definition}`).join(", ");
  return {
    columns,
    someRow: fc.tuple(...columns.map(({ some }) => fc.option(some, { nil: "NULL", freq: 8 }))),
    edgeRows: Array.from({ length: rows }, (_, row) =>
      columns.map(({ edges }) => edges[row] ?? (row % 2 === 0 ? "NULL" : (edges[0] ?? "NULL"))),
    ),
    create: (
      name,
    ) => `CREATE TABLE ${name} (id INT PRIMARY KEY, v_id INT AS (id + 1) VIRTUAL, s_id INT AS (id + 2) STORED,
      hidden INT DEFAULT 7 ${invisible}, ${defined})`,
    insert: (name, id, row) =>
      `INSERT IGNORE INTO ${name} (id, ${columns.map((one) => `c_${one.name}`).join(", ")}) VALUES (${id}, ${row.join(", ")})`,
  };
}
