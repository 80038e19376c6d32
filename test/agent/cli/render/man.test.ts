import t from 'tap'
import { manPage } from '../../../../agent/cli/render/man.ts'

const tree = {
  name: 'murphy',
  meaning: 'Murphy: what is wrong, and what to do',
  words: [],
  options: [{ forms: ['-c', '--config'], value: 'FILE', meaning: 'settings' }],
  commands: [
    {
      name: 'why',
      meaning: '.odd \\ text - here',
      words: [{ name: 'WHICH', required: false, meaning: 'an id' }],
      options: [],
      commands: [{ name: 'deep', meaning: 'below', words: [], options: [], commands: [] }],
    },
  ],
}

t.test('every command and option stands in it, and nothing drives troff', async (t) => {
  const page = manPage(tree, '0.1.0')
  t.match(page, /^\.TH MURPHY 1 "" "Murphy 0\.1\.0"\n\.SH NAME\nmurphy \\- what is wrong, and what to do\n/)
  t.match(page, /\.BR \\-c ", " \\-\\-config " " \\fIFILE\\fR\nsettings\n/)
  t.match(page, /\.SS why \[WHICH\]\n\\&\.odd \\e text \\- here\n/)
  t.match(page, /\.SS why deep\nbelow\n/)
  t.match(page, /\.SH EXIT STATUS\n\.TP\n\.B 0\nwell\n/)
})
