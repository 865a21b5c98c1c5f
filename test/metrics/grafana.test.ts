import { execFileSync, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { load } from 'js-yaml';
import { catalogue, type MetricEntry } from '../../core/metrics/catalogue.ts';

/** Prometheus' own checker of rules. */
const program = 'promtool';
const entries: Readonly<Record<string, MetricEntry>> = catalogue;
const files = readdirSync('grafana', { recursive: true, encoding: 'utf8' }).filter((path) => /\.(json|yaml)$/.test(path));
const read = (path: string) => readFileSync(join('grafana', path), 'utf8');
/** The tests of the rules make samples of their own, and each of those is held against the rules by promtool. */
const queried = files.filter((path) => !path.endsWith('.test.yaml'));

/** The entry behind a name as Prometheus stores it: a histogram is stored under three. */
function entryOf(name: string): MetricEntry | undefined {
  const base = name.replace(/_(bucket|sum|count)$/, '');
  return entries[name] ?? (entries[base]?.kind === 'histogram' ? entries[base] : undefined);
}

/** Labels that Prometheus puts on every sample. */
const prometheusLabels = ['instance', 'job'];

function labelsOf(entry: MetricEntry): readonly string[] {
  return [...entry.labels, ...prometheusLabels, ...(entry.kind === 'histogram' ? ['le'] : [])];
}

/** Every expression: those of panels, and those of rules. */
function expressions(): readonly string[] {
  return [
    ...panels()
      .flatMap((panel) => panel.targets ?? [])
      .map((target) => target.expr),
    ...rules().map((rule) => rule.expr),
  ];
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly refId: string; readonly datasource: { readonly uid: string } }[];
  readonly fieldConfig?: { readonly defaults: { readonly unit: string } };
}

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly description: string; readonly runbook: string };
}

function dashboard() {
  return JSON.parse(read('dashboards/paymux.json')) as {
    readonly panels: readonly Panel[];
    readonly templating: { readonly list: readonly { readonly name: string; readonly current: { readonly value: string } }[] };
  };
}

const panels = (): readonly Panel[] => dashboard().panels;
const rules = (): readonly Rule[] =>
  (load(read('prometheus/rules.yaml')) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules);

describe('Dashboards and alerts', () => {
  it('name only metrics that the server has', () => {
    const unknown = queried.flatMap((path) =>
      [...read(path).matchAll(/\bpaymux_(\w+)/g)]
        .filter(([, name = '']) => entryOf(name) === undefined)
        .map(([full]) => `${path}: ${full}`),
    );
    expect(unknown).to.deep.equal([]);
    expect(queried.flatMap((path) => [...read(path).matchAll(/\bpaymux_/g)]).length).to.be.greaterThan(50);
  });

  it('ask a histogram for its buckets, and nothing else for them', () => {
    for (const expr of expressions())
      for (const [, name = ''] of expr.matchAll(/\bpaymux_(\w+)/g))
        expect(entries[name]?.kind, `${name} in ${expr}`).to.not.equal('histogram');
  });

  it('choose only by labels that the metric has', () => {
    const wrong = expressions().flatMap((expr) =>
      [...expr.matchAll(/\bpaymux_(\w+)\{([^}]*)\}/g)].flatMap(([, name = '', matchers = '']) => {
        const known = labelsOf(entryOf(name) as MetricEntry);
        return [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)]
          .filter(([, label = '']) => !known.includes(label))
          .map(([, label]) => `${name}: ${label}`);
      }),
    );
    expect(wrong).to.deep.equal([]);
  });

  it('find no label that Prometheus would rename because it has one of that name', () => {
    const clashing = Object.entries(entries).filter(([, { labels }]) => labels.some((label) => prometheusLabels.includes(label)));
    expect(clashing.map(([name]) => name)).to.deep.equal([]);
  });

  it('group only by labels that one of the metrics has', () => {
    const wrong = expressions().flatMap((expr) => {
      const known = [...expr.matchAll(/\bpaymux_(\w+)/g)].flatMap(([, name = '']) => labelsOf(entryOf(name) as MetricEntry));
      const groups = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(',').map((label) => label.trim()));
      return groups.filter((label) => !known.includes(label)).map((label) => `${expr}: ${label}`);
    });
    expect(wrong).to.deep.equal([]);
  });

  it('show every metric of the catalogue somewhere', () => {
    const shown = new Set(
      panels()
        .flatMap((panel) => (panel.targets ?? []).flatMap(({ expr }) => [...expr.matchAll(/\bpaymux_(\w+)/g)]))
        .map(([, name]) => name),
    );
    const absent = Object.entries(entries).filter(([name, { kind }]) => !shown.has(kind === 'histogram' ? `${name}_bucket` : name));
    expect(absent.map(([name]) => name)).to.deep.equal([]);
  });
});

describe('The dashboard', () => {
  it('has panels with names, units and places of their own', () => {
    const all = panels();
    expect(new Set(all.map((panel) => panel.id)).size).to.equal(all.length);
    const taken = new Map<string, string>();
    for (const { title, type, gridPos, fieldConfig } of all) {
      expect(title).to.not.equal('');
      if (type !== 'row') expect(fieldConfig?.defaults.unit, title).to.be.a('string');
      expect(gridPos.x + gridPos.w, title).to.be.at.most(24);
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1)
        for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
          expect(taken.get(`${x} ${y}`), `${title} lies on another panel`).to.equal(undefined);
          taken.set(`${x} ${y}`, title);
        }
    }
  });

  it('asks the data source that is provisioned, through a variable', () => {
    const [source] = (load(read('provisioning/datasources/prometheus.yaml')) as { datasources: { uid: string }[] }).datasources;
    const variable = dashboard().templating.list.find(({ name }) => name === 'datasource');
    expect(variable?.current.value).to.equal(source?.uid);
    for (const panel of panels()) for (const target of panel.targets ?? []) expect(target.datasource.uid).to.match(/^\$\{datasource\}$/);
  });
});

describe('The alert rules', () => {
  const guide = readFileSync('docs/operations.md', 'utf8');
  const entriesOfGuide = [...guide.slice(guide.indexOf('\n## Alerts\n')).matchAll(/^### (Paymux\w+)$/gm)].map(([, name]) => name);

  it('have an entry each in the operations guide, and every entry a rule', () => {
    expect(entriesOfGuide).to.have.members(rules().map((rule) => rule.alert));
    expect(new Set(entriesOfGuide).size).to.equal(rules().length);
  });

  it('say how urgent they are, what is wrong, and where to read on', () => {
    for (const { alert, labels, annotations } of rules()) {
      expect(labels.severity, alert).to.be.oneOf(['page', 'ticket']);
      expect(annotations.summary, alert).to.match(/^[A-Z]/);
      expect(annotations.description, alert).to.not.equal('');
      expect(annotations.runbook).to.equal(`docs/operations.md#${alert.toLowerCase()}`);
    }
  });

  describe('by the word of promtool', () => {
    before('promtool is installed', function () {
      if (spawnSync(program, ['--version']).error !== undefined) this.skip();
    });
    const promtool = (...args: readonly string[]) => execFileSync(program, args, { encoding: 'utf8', cwd: 'grafana/prometheus' });

    it('are valid, and the example that loads them is', () => {
      expect(promtool('check', 'rules', 'rules.yaml')).to.contain(`${rules().length} rules found`);
      expect(promtool('check', 'config', 'prometheus.yaml')).to.contain('SUCCESS');
    });

    it('fire when they should, and not when they should not', () => {
      expect(promtool('test', 'rules', 'rules.test.yaml')).to.contain('SUCCESS');
    });
  });
});
