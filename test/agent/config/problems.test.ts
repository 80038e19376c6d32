import t from 'tap'
import { readDocument } from '../../../agent/config/document.ts'
import { explain, keyText, type Path, placeOf, problemText } from '../../../agent/config/problems.ts'

t.test('a problem on a line, as compilers write it', async (t) => {
  const it = { file: '/etc/murphy/config.yaml', text: 'no' }
  t.equal(problemText(it), '/etc/murphy/config.yaml: no')
  t.equal(problemText({ ...it, line: 12, column: 5 }), '/etc/murphy/config.yaml:12:5: no')
  t.equal(
    problemText({ ...it, line: 12, column: 5, key: 'sinks[0].url' }),
    '/etc/murphy/config.yaml:12:5: sinks[0].url: no',
  )
})

t.test('a key as people write it, and never one that may be a secret', async (t) => {
  t.equal(keyText(['sinks', 0, 'url']), 'sinks[0].url')
  t.equal(keyText(['collectors', 'certs', 'paths', 1]), 'collectors.certs.paths[1]')
  t.equal(keyText([]), '')
  t.equal(keyText(['sinks', 0, 'https://hook/S3cret'], true), 'sinks[0].<hidden>')
  t.equal(keyText(['S3cret'], true), '<hidden>')
})

t.test('where a key is, or the nearest thing above it', async (t) => {
  const read = readDocument('node: a\nsinks:\n  - type: post\n    url: x\n  - type: other\n')
  if (!('raw' in read)) throw new Error('this is YAML')
  const at = (...path: Path) => Object.values(placeOf(read, path))
  t.strictSame(at('node'), [1, 1])
  t.strictSame(at('sinks', 0, 'url'), [4, 5], 'the key, not its value')
  t.strictSame(at('sinks', 1), [5, 5])
  t.strictSame(at('sinks', 1, 'url'), [5, 5], 'what is missing would stand in there')
  t.strictSame(at('sinks', 7, 'url'), [2, 1])
  t.strictSame(at('nowhere', 'at', 'all'), [])
  const flow = readDocument('- a\n')
  t.strictSame('raw' in flow && placeOf(flow, ['node']), {}, 'a file that is no group')
})

const error = (
  keyword: string,
  params: object = {},
  instancePath = '/a',
  message = 'as the library says',
) => ({
  keyword,
  instancePath,
  params,
  message,
})
const said = (...given: Parameters<typeof error>) => explain(error(...given), []).map((it) => it.text)

t.test('what would be right', async (t) => {
  t.strictSame(said('type', { type: 'integer' }), ['must be a whole number'])
  t.strictSame(said('type', { type: 'object' }), ['must be a mapping (`key: value` lines)'])
  t.strictSame(said('type', { type: 'null' }), ['must be null'])
  t.strictSame(said('enum', { allowedValues: ['a', 'b'] }), ['must be one of a, b'])
  t.strictSame(said('minimum', { limit: 0 }), ['must be 0 or more'])
  t.strictSame(said('maximum', { limit: 9 }), ['must be 9 or less'])
  t.strictSame(said('pattern'), ['invalid value: as the library says'])
  t.strictSame(said('required'), ['as the library says'])
  t.strictSame(said('boolean'), [], 'which another error says already')
  const path = (text: string) => explain(error('pattern', {}, text), [])[0]?.path
  t.strictSame(path('/sinks/0/url'), ['sinks', 0, 'url'])
  t.strictSame(path('/a~1b/c~0d'), ['a/b', 'c~d'], 'as JSON pointers are written (RFC 6901)')
  t.strictSame(path(''), [])
})

t.test('an unknown key is only shown where it is nearly a known one', async (t) => {
  const known = ['node', 'state_dir', 'url', 'paths']
  const near = (key: string) => {
    const [it] = explain(error('additionalProperties', { additionalProperties: [key] }, '/x'), known)
    t.strictSame(it?.path, ['x', key])
    return it?.unknown ? undefined : it?.text.replace(/^unknown key; did you mean (.*)\?$/, '$1')
  }
  t.equal(near('nodes'), 'node')
  t.equal(near('Node'), 'node', 'letters of another case are none')
  t.equal(near('statedir'), 'state_dir')
  t.equal(near('state_fiR'), 'state_dir')
  t.equal(near('state_xyz'), undefined, 'three letters are not shown')
  t.equal(near('ur'), 'url')
  t.equal(near('ux1'), undefined, 'of a short key not even two')
  t.equal(near('https://hook/S3cret'), undefined)
  t.equal(near('x'.repeat(41)), undefined)
  const [unknown] = explain(
    error('additionalProperties', { additionalProperties: ['S3cret', 'nodes'] }),
    known,
  )
  t.strictSame(unknown, {
    path: ['a', 'S3cret'],
    text: 'unknown key; valid keys: node, state_dir, url, paths',
    unknown: true,
  })
  t.equal(
    explain(error('additionalProperties', { additionalProperties: ['a', 'b'] }), known).length,
    2,
    'each of them',
  )
})
