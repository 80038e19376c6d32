import t from 'tap'
import { withoutQuoted } from '../../../../collectors/pods/forms/quotes.ts'

t.test('everything from the first quote to the last is hidden', async (t) => {
  const shown = (text: string) => {
    const hidden = withoutQuoted(text)
    t.equal(hidden.length, text.length, 'places stay')
    return hidden.replaceAll('\0', '')
  }
  t.equal(shown('open "/a b": no room'), 'open "": no room')
  t.equal(shown('user "x": y" and z'), 'user "" and z')
  t.equal(shown("can't open '/data/x': no room"), "can't open '': no room")
  t.equal(shown("Error('no room')"), "Error('no room')")
  t.equal(shown('an open " quote'), 'an open " quote')
  t.equal(shown(''), '')
})
