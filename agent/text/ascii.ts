/** What stands for what in ASCII; of the same length where a table may hold it. */
const plain: Readonly<Record<string, string>> = {
  ...{ '●': '*', '·': '-', '•': '*', '…': '...', '–': '-', '—': '-', '→': '->', '←': '<-', '×': 'x' },
  ...{ '‘': "'", '’': "'", '“': '"', '”': '"', '°': ' deg', µ: 'u', '≥': '>=', '≤': '<=', '≈': '~' },
  ...{ '│': '|', '─': '-', '├': '|', '└': '`', '┌': '+', '┐': '+', '┘': '+', '┬': '+', '┴': '+', '┼': '+' },
  ...{ '█': '#', '░': '.', '▁': '_', '▂': '_', '▃': '.', '▄': '-', '▅': '=', '▆': '+', '▇': '*' },
  ...{ '✅': 'ok', '✓': 'ok', '✗': 'x', '⚠': '!', '⛔': '!', ß: 'ss', æ: 'ae', Æ: 'AE', ø: 'o', Ø: 'O' },
}

/** Any text in ASCII: letters without their accents, signs by what is like them, anything else as `?`. */
export const ascii = (text: string): string =>
  text
    .replace(/[^\u0000-\u007f\ue000]/gu, (it) => plain[it] ?? it)
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\u0000-\u007f\ue000]/gu, '?')
