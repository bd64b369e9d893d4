import type { ColorMap } from '../../output/colors.js';
import { wantsColor } from '../app/terminal.js';
import type { StatsDocument } from './stats-document.js';

const COLORS = 256;

/** The colours of a map, where there is one and stdout gets colours. They are loaded for maps only. */
export async function mapColors(
  { dims }: StatsDocument,
  choice: 'auto' | 'always' | 'never',
): Promise<ColorMap | undefined> {
  if (dims.length !== 2 || !wantsColor(choice)) return undefined;
  const { COLOR_MAP_DEFAULT, colorMap } = await import('../../output/colors.js');
  return colorMap(COLOR_MAP_DEFAULT, COLORS);
}
