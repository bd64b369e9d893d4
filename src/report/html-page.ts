import type { Column, Fact } from './figures.js';

/** Text as HTML that shows it as it is, within elements and within quoted attributes. */
export function escapeHtml(text: string): string {
  const names: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (char) => names[char] ?? '');
}

/** A whole document from parts that are HTML already; it needs nothing from elsewhere and runs no script. */
export function htmlPage({ title, lead, parts }: { title: string; lead: string; parts: readonly string[] }): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${escapeHtml(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<header><h1>${escapeHtml(title)}</h1><p class="lead">${escapeHtml(lead)}</p></header>
<main>
${parts.filter((part) => part !== '').join('\n')}
</main>
</body>
</html>
`;
}

export function htmlSection(title: string, parts: readonly string[]): string {
  return `<section>\n<h2>${escapeHtml(title)}</h2>\n${parts.filter((part) => part !== '').join('\n')}\n</section>`;
}

/** A table that scrolls by itself where the window is narrower. */
export function htmlTable<T>(caption: string, columns: readonly Column<T>[], entries: readonly T[]): string {
  const side = (column: Column<T>) => (column.left ? ' class="left"' : '');
  const head = columns.map((column) => `<th scope="col"${side(column)}>${escapeHtml(column.head)}</th>`).join('');
  const rows = entries.map((entry) => {
    const cells = columns.map((column, index) => {
      const text = escapeHtml(column.text(entry));
      return index === 0 ? `<th scope="row" class="left">${text}</th>` : `<td${side(column)}>${text}</td>`;
    });
    return `<tr>${cells.join('')}</tr>`;
  });
  return (
    `<div class="scroll" role="region" tabindex="0" aria-label="${escapeHtml(caption)}"><table>` +
    `<caption>${escapeHtml(caption)}</caption>` +
    `<thead><tr>${head}</tr></thead><tbody>\n${rows.join('\n')}\n</tbody></table></div>`
  );
}

export function htmlFacts(facts: readonly Fact[], style: 'grid' | 'notes'): string {
  if (facts.length === 0) return '';
  const items = facts.map(({ name, text }) => `<div><dt>${escapeHtml(name)}</dt><dd>${escapeHtml(text)}</dd></div>`);
  return `<dl class="${style}">\n${items.join('\n')}\n</dl>`;
}

export function htmlList(texts: readonly string[], style: 'plain' | 'warnings'): string {
  return `<ul class="${style}">\n${texts.map((text) => `<li>${escapeHtml(text)}</li>`).join('\n')}\n</ul>`;
}

/** Okabe and Ito's colours, which differ for every kind of colour vision; blue is lightened on a dark ground. */
const STYLE = `
:root{color-scheme:light dark;--bg:#fff;--panel:#f6f8fa;--ink:#17202b;--muted:#586575;--rule:#d5dce4;--grid:#e6eaef;
--band:#e9eef4;--warn:#fff4dc;--warn-rule:#e69f00;
--s0:#0072b2;--s1:#009e73;--s2:#d55e00;--s3:#cc79a7;--s4:#e69f00;--s5:#7457c8;--s6:#5f6b1f;--s7:#8c564b;--s8:#6b6b6b;--good:#00795a;--bad:#b84f00;--open:#586575}
@media screen and (prefers-color-scheme:dark){:root{--bg:#11161d;--panel:#19202a;--ink:#e5eaf1;--muted:#9dabbb;
--rule:#344050;--grid:#242e3a;--band:#222c39;--warn:#2b2414;--warn-rule:#e69f00;
--s0:#56b4e9;--s1:#1fbf92;--s2:#f07a2b;--s3:#d994bb;--s4:#f0b429;--s5:#a896f0;--s6:#b5c24a;--s7:#c9a08f;--s8:#b4b4b4;--good:#3ccda3;--bad:#ff9450;--open:#9dabbb}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1120px;padding:40px 32px 72px;background:var(--bg);color:var(--ink);
font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;
font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
h1{font-size:30px;line-height:1.2;letter-spacing:-.015em;margin:0 0 6px}
h2{font-size:21px;line-height:1.3;letter-spacing:-.01em;margin:0 0 4px}
h3{font-size:15px;line-height:1.4;margin:0 0 2px}
p{margin:0 0 12px}
.lead{font-size:16px;color:var(--muted);margin-bottom:28px}
.sub,figcaption small{color:var(--muted)}
section{border-top:1px solid var(--rule);margin-top:44px;padding-top:28px}
section>p.sub{margin-bottom:20px}
dl{margin:0}dd{margin:0}
dt{color:var(--muted);font-size:13px}
.grid{display:grid;grid-template-columns:repeat(auto-fit,minmax(220px,1fr));gap:14px 28px;
background:var(--panel);border-radius:10px;padding:20px 24px}
.grid div:last-child{grid-column:span 2}
@media (max-width:560px){.grid div:last-child{grid-column:auto}}
.grid dd{font-size:14px;line-height:1.45}
.notes{margin-top:14px;display:grid;gap:4px;font-size:14px}
.notes div{display:grid;grid-template-columns:160px 1fr;gap:16px}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,440px),1fr));gap:32px 40px;margin:28px 0}
figure{margin:0;min-width:0;break-inside:avoid}
figure.wide{margin:8px 0 20px}
figcaption small{display:block;font-size:13px;line-height:1.4}
.legend{display:flex;flex-wrap:wrap;gap:2px 18px;list-style:none;margin:6px 0 2px;padding:0;font-size:13px;color:var(--muted)}
.legend li{display:flex;align-items:center;gap:7px}
.chart{overflow-x:auto;margin-top:8px}
svg{display:block}
.chart svg{width:100%;height:auto}
.chart svg{max-width:600px}
.wide .chart svg{min-width:720px;max-width:none}
svg text{font:12px system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;fill:var(--muted);
font-variant-numeric:tabular-nums}
svg .name{font-size:13px;font-weight:600;fill:var(--ink)}
svg .value{font-size:13px;fill:var(--ink)}
.grid-line{stroke:var(--grid);stroke-width:1}
.axis{stroke:var(--rule);stroke-width:1}
.one{stroke:var(--muted);stroke-width:1.25}
.band{fill:var(--band)}
.whisker{stroke:var(--ink);stroke-width:1.5;fill:none}
.line{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.dashed{stroke-dasharray:6 5}
.mark{stroke:var(--bg);stroke-width:1.25}
${[0, 1, 2, 3, 4, 5, 6, 7, 8].map((index) => `.f${index}{fill:var(--s${index})}.l${index}{stroke:var(--s${index})}`).join('')}
.v-faster{--v:var(--good)}.v-slower{--v:var(--bad)}.v-equal{--v:var(--s0)}.v-undecided{--v:var(--open)}
.dot{fill:var(--v);stroke:var(--v);stroke-width:2}.hollow{fill:var(--bg)}.reach{stroke:var(--v);stroke-width:2.5}
svg .verdict{font-size:13px;font-weight:600;fill:var(--v)}
.badge{display:inline-block;border:1px solid currentColor;border-radius:99px;padding:0 10px;font-size:13px;
font-weight:600;color:var(--v);margin-right:8px}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:13px;line-height:1.4}
caption{text-align:left;font-weight:600;font-size:15px;padding:0 0 6px}
th,td{padding:6px 0 6px 14px;text-align:right;white-space:nowrap;border-bottom:1px solid var(--grid)}
th:first-child,td:first-child{padding-left:0}
thead th{color:var(--muted);font-weight:500;border-bottom:1px solid var(--rule);vertical-align:bottom}
tbody th{font-weight:600}
.left{text-align:left}
pre{background:var(--panel);border-radius:8px;padding:14px 18px;margin:14px 0 0;overflow-x:auto;
font:13px/1.6 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;white-space:pre-wrap}
.plain,.narrow{margin:8px 0 0;padding-left:20px}
.narrow{display:none;font-size:14px}
@media (max-width:780px){.narrow{display:block}}
.warnings{list-style:none;margin:12px 0 0;padding:0;display:grid;gap:8px}
.warnings li,.interrupted{background:var(--warn);border-left:3px solid var(--warn-rule);border-radius:4px;padding:9px 14px;font-size:14px}
.interrupted{margin:0 0 20px}
details{margin-top:16px}
summary{cursor:pointer;color:var(--muted);font-size:14px;margin-bottom:8px}
@media print{body{max-width:none;padding:0;font-size:11pt}section{margin-top:24px;padding-top:16px}
tr,li,pre{break-inside:avoid}h2,h3,caption{break-after:avoid}.scroll,.chart{overflow:visible}
table{font-size:8pt}th,td{padding-left:7px}.wide .chart svg{min-width:0}.charts{grid-template-columns:repeat(2,minmax(0,1fr));gap:20px}details{display:none}
svg,.warnings li,.grid,pre{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
`;
