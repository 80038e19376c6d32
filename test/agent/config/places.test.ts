import t from 'tap'
import { defaultPlaces } from '../../../agent/config/places.ts'

t.test('as systemd says', async (t) => {
  t.strictSame(defaultPlaces({ STATE_DIRECTORY: '/s', RUNTIME_DIRECTORY: '/r' }), {
    stateDir: '/s',
    socket: '/r/agent.sock',
  })
})

t.test('or where the caller may write', async (t) => {
  const { stateDir, socket } = defaultPlaces({ HOME: '/home/me', XDG_RUNTIME_DIR: '/run/user/7' })
  if (process.getuid?.() === 0)
    t.strictSame([stateDir, socket], ['/var/lib/murphy', '/run/murphy/agent.sock'])
  else t.strictSame([stateDir, socket], ['/home/me/.local/state/murphy', '/run/user/7/murphy/agent.sock'])
})
