/** Calm on a screen, in the dark, and on paper. Colours repeat what words and shapes say. */
export const reportStyle = `
:root { color-scheme: light dark; --ink: #1d2329; --soft: #59636e; --line: #d5dae0; --page: #fff; --good: #1a6b3c; --good-fill: #8fc3a3; --bad: #a3241f; --open: #7a5a00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ec; --soft: #9aa5b1; --line: #3a434d; --page: #15191d; --good: #7fcf9d; --good-fill: #2f6b48; --bad: #ff8b82; --open: #e3bd55; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 2.5rem 1.5rem 4rem; }
h1 { font-size: 1.55rem; line-height: 1.35; font-weight: 600; margin: .2rem 0 0; }
h2 { font-size: 1.1rem; font-weight: 600; margin: 0 0 .6rem; }
h3 { font-size: 1rem; font-weight: 600; margin: 1.2rem 0 .3rem; }
section { margin-top: 2.4rem; }
.kicker { margin: 0; color: var(--soft); }
.problem { border-left: 4px solid var(--bad); padding: .2rem 0 .2rem 1rem; margin-top: 1.2rem; }
.mark { font-weight: 600; white-space: nowrap; }
.mark.good { color: var(--good); } .mark.bad { color: var(--bad); } .mark.open { color: var(--open); }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 500; color: var(--soft); }
th, td { padding: .35rem .9rem .35rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
table.offsets td:first-child { white-space: nowrap; width: 8rem; }
table.numbers td:nth-child(n+2):nth-child(-n+4), table.numbers th:nth-child(n+2):nth-child(-n+4) { text-align: right; width: 7rem; }
dl { margin: 0; } dl div { display: flex; gap: 1rem; padding: .2rem 0; } dt { flex: 0 0 14rem; color: var(--soft); } dd { margin: 0; min-width: 0; overflow-wrap: anywhere; }
ul { margin: .2rem 0; padding-left: 1.2rem; }
figure { margin: 0 0 1rem; } figcaption { color: var(--soft); font-size: .9rem; }
svg { width: 100%; height: auto; display: block; } svg text { fill: var(--soft); font-size: 11px; }
svg .good, .key.good { fill: var(--good-fill); background: var(--good-fill); } svg .bad, .key.bad { fill: var(--bad); background: var(--bad); }
svg .fault { stroke: var(--ink); stroke-width: 1.5; stroke-dasharray: 3 2; }
.key { display: inline-block; width: .8em; height: .8em; } .key.fault { width: 0; border-left: 2px dashed var(--ink); }
@media (max-width: 40rem) { dl div { flex-direction: column; gap: 0; } dt { flex-basis: auto; } }
@media print { :root { color-scheme: light; } main { padding: 0; max-width: none; } body { font-size: 10.5pt; } section, figure, tr { break-inside: avoid; } * { print-color-adjust: exact; } }
`;
