import { type Answers, json, messageOf, Wrong } from './answers.ts'

/** Films of this agent. */
export interface Films {
  /** Throws where it cannot begin one. */
  begin(length: number, logs: boolean): number
  fetch(id: number): string | undefined
  end(id: number): Promise<void>
}

/** How films are asked for; an agent without `films` makes none. */
export const filmAnswers = (films: Films | undefined): Answers => ({
  'GET /v1/film': (query) => {
    const lines = films?.fetch(Number(query.get('id')))
    if (lines === undefined) throw new Wrong('there is no such film any more')
    return ['application/x-ndjson', lines]
  },
  'PUT /v1/film': async (query) => {
    if (!films) throw new Wrong('this agent makes no films')
    const id = Number(query.get('id') ?? 0)
    if (id > 0) {
      await films.end(id)
      return json(id)
    }
    try {
      return json(films.begin(Number(query.get('for')), query.get('logs') === '1'))
    } catch (error) {
      throw new Wrong(messageOf(error))
    }
  },
})
