/** A lifecycle that is not the usual one, unless it is of 5 days. */
export const draftOf = (purchaseDays: number) => ({
  policy: 'lifecycle',
  stages: {
    new: { orders: 1 },
    active: { purchaseDays: 2 },
    loyal: { purchaseDays, withinDates: 90 },
    'at-risk': { silentDays: 90 },
    churned: { silentDays: 180 },
  },
});

/** Two what-ifs at once are taken: all but the first ask for the same again. */
export const whatIfRequest = { key: 'the-same', body: { draft: draftOf(4) } };
