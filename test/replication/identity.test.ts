import { describe, expect, test } from "@jest/globals";
import { identityOf, inDomain, inSet, ownUuid } from "../../replication/identity.ts";

const uuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
const mariadb = identityOf({ flavour: "mariadb", origin: 2, serverId: 201, position: "" });

describe("the GTIDs of what a link writes", () => {
  test("MariaDB keeps those of a MariaDB, and has a domain of its own for bookkeeping", () => {
    expect(mariadb.rows("1-101-7")).toEqual([
      "SET SESSION gtid_domain_id = 1, server_id = 101",
      "SET SESSION gtid_seq_no = 7",
    ]);
    expect(mariadb.own()[0]).toBe("SET SESSION gtid_domain_id = 1002, server_id = 201");
    expect(mariadb.ran("1-101-7", "1-101-8,2-201-3")).toBe(true);
    expect(mariadb.ran("1-101-9", "1-101-8,2-201-3")).toBe(false);
  });

  test("MySQL numbers on where it was, under a UUID that is no server's", () => {
    const position = `${uuid}:1-9,${ownUuid(uuid)}:1-3:5-6`;
    const mysql = identityOf({ flavour: "mysql", origin: uuid, serverId: 201, position });
    expect([mysql.own(), mysql.rows(`${uuid}:77`)]).toEqual([
      [`SET gtid_next = '${ownUuid(uuid)}:7'`],
      [`SET gtid_next = '${ownUuid(uuid)}:8'`],
    ]);
    expect(ownUuid(uuid)).not.toBe(ownUuid(`0${uuid.slice(1)}`));
  });

  test("MySQL keeps the GTID of a statement, which tells whether it was run", () => {
    const mysql = identityOf({ flavour: "mysql", origin: uuid, serverId: 201, position: "" });
    expect(mysql.statement(`${uuid}:12`)).toEqual([`SET gtid_next = '${uuid}:12'`]);
    expect([mysql.ran(`${uuid}:12`, `${uuid}:12`), mysql.ran(`${uuid}:12`, `${uuid}:1-11:13`)]).toEqual([
      true,
      false,
    ]);
  });

  test("a statement of the other kind of server gets one name there, whatever other numbers were used", () => {
    expect(inSet("1-101-48211")).toBe("6d617269-6164-6200-0000-000100000065:48211");
    expect(inSet(`${uuid}:tag:4`)).toBe(`${uuid}:tag:4`);
    const [domain = 0, server, sequence] = inDomain(`${uuid}:tag:4`).split("-").map(Number);
    expect([domain > 2000, server, sequence]).toEqual([true, domain, 4]);
    expect(inDomain(`${uuid}:4`)).not.toBe(inDomain(`${uuid}:tag:4`));
    const last = inDomain(`${uuid}:9`);
    expect([mariadb.ran(`${uuid}:9`, `1-1-1,${last}`), mariadb.ran(`${uuid}:8`, `1-1-1,${last}`)]).toEqual([
      true,
      false,
    ]);
  });
});
