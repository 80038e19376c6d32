import t from 'tap'
import { fieldsOf, objectOf, wordsOfLogfmt } from '../../../../collectors/pods/forms/fields.ts'

t.test('the own words of a line', async (t) => {
  t.strictSame(fieldsOf('{"level":"info","msg":"a","error":"b","ua":"c"}'), ['a', 'b'])
  t.strictSame(fieldsOf('{"msg":"a","err":{"message":"b","stack":"c","ua":"d"}}'), ['a', 'b', 'c'])
  t.strictSame(fieldsOf('{"msg":["a"],"message":7,"err":{"err":{"msg":"deep"}}}'), [])
  t.strictSame(fieldsOf('{"msg":"a"'), [], 'not whole')
  t.strictSame(fieldsOf('time="x" level=error msg="a \\"b\\" \\\\" error=c ua="d" msg=e'), ['a "b" \\', 'c'])
  t.strictSame(fieldsOf('E1123 00:00:00.123456       1 a.go:1] "a" err="b: c" pod="d"'), ['a', 'b: c'])
  t.strictSame(fieldsOf('E1123 00:00:00.123456       1 a.go:1] a text'), ['a text'])
  t.strictSame(fieldsOf('2020-11-23 00:00:00.123456 W | etcdserver: a'), ['etcdserver: a'])
  t.equal(fieldsOf('a text'), undefined)
})

t.test('what is none', async (t) => {
  for (const it of ['', '[]', 'null', '7', '{', [], null, 7]) t.equal(objectOf(it), undefined)
  t.strictSame(
    [...wordsOfLogfmt('a=1 b="2')],
    [
      ['a', '1'],
      ['b', '2'],
    ],
  )
  t.strictSame([...wordsOfLogfmt('')], [])
  t.equal(wordsOfLogfmt('a=1 '.repeat(50) + 'b=2 '.repeat(200)).has('c'), false)
})
