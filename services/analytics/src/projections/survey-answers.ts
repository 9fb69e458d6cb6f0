import type { SurveyKind } from '@tenure/contracts';
import type { Document } from '@tenure/read-store';
import type { DocumentChange, Projection } from '@tenure/runtime/views';

/** An answer to a survey. Instants in ms. */
export interface SurveyAnswer extends Document {
  readonly at: number;
  readonly recordedAt: number;
  readonly kind: SurveyKind;
  readonly score: number;
  readonly channel: string;
  readonly department: string | null;
  readonly product: string | null;
}

/** A row for each answer. */
export const surveyAnswers: Projection = {
  name: 'survey-answers',
  collections: [{ name: 'survey-answers', indexes: [{ fields: ['at'] }] }],
  eventTypes: new Set(['SurveyAnswered']),

  async event(event): Promise<readonly DocumentChange[]> {
    if (event.type !== 'SurveyAnswered') return [];
    const { kind, score, channel, department, productId } = event.data;
    const document: SurveyAnswer = {
      _id: event.stream,
      at: event.occurredAt,
      recordedAt: event.recordedAt,
      kind,
      score,
      channel,
      department: department ?? null,
      product: productId ?? null,
    };
    return [{ collection: 'survey-answers', id: event.stream, document }];
  },
};
