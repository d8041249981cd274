const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

/**
 * The boundary of a step: `13:00`, or `Mon 13:00` in a chart of several days. It is in UTC, and `app.js` replaces it by the local
 * time. Not by `Intl`, which is slow to start in a Worker.
 */
export const StepTime = ({ at, days }: { at: string; days: boolean }) => {
  const time = at.slice(11, 16);
  return (
    <time datetime={at} data-parts={days ? "weekday" : "clock"}>
      {days ? `${WEEKDAYS[new Date(at).getUTCDay()]} ${time}` : time}
    </time>
  );
};
