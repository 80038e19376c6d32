import t from 'tap'
import { ruleInBackticks } from '../../../collectors/firewall/text.ts'

t.test('a rule is quoted, a sentence stays', async (t) => {
  t.equal(ruleInBackticks('-A INPUT -j DROP'), '`-A INPUT -j DROP`')
  t.equal(ruleInBackticks('the policy of INPUT is DROP', 5), 'the policy of INPUT is DROP')
  t.equal(ruleInBackticks('-A INPUT -j DROP', 8), '`-A INPUT`')
  t.equal(ruleInBackticks('-A INPUT -m comment --comment "a`b"'), '`-A INPUT -m comment --comment "a\'b"`')
})
