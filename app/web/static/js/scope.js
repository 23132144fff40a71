// Which sites count: with or without neighbouring départements, with or without buses. Names are those of the API.

const SCOPES = { "true,true": "all", "false,true": "own", "true,false": "all_fixed", "false,false": "own_fixed" };

export const scopeOf = ({ neighbours, mobile }) => SCOPES[`${neighbours},${mobile}`];

/** The parameters every figure is asked with; `run` keeps one page on one run. */
export const question = ({ mode, season, neighbours, mobile }, runId) => ({ mode, season, threshold_min: 30, neighbours, mobile, run: runId });
