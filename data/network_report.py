"""What became of a file of roads: counts for the import report, and what a planner must know, in French."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from data.restrictions import REFUSALS_FR, RestrictionReport
from routing.components import strong_components
from routing.graph import UNREACHED_DS, RoadGraph
from routing.profile import NodeRule, WayRule

_IDS_SHOWN = 100
#: Below this share of junctions that communicate, the times of a network mean little.
_WHOLE_SHARE = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkReport:
    """Counts of one graph. ``ways_read == ways_kept + sum(ways_closed) + ways_not_for_mode``."""

    ways_read: int
    ways_kept: int
    ways_not_for_mode: int  # of no use to this mode: footpaths for cars, works for all
    ways_closed: dict[str, int]  # by what closes them: access, area, permission, oneway, winter
    ways_closed_in_winter: int  # kept in summer, closed by a dated condition in winter
    nodes_closed_in_winter: int = 0  # barriers, likewise
    ways_without_road: int = 0  # kept, but fewer than two of their nodes are in the file
    ways_too_long: list[int] = field(default_factory=list)  # ids: a node far from the next, most likely mistyped
    ways_with_toll: int = 0
    unknown_values: dict[str, int]  # "maxspeed=signals": how many kept ways or nodes; the tag was left aside
    conditions: dict[str, int]  # "access:conditional=no @ (22:00-06:00)": how many kept ways; not applied
    absent_refs: int = 0  # nodes the file lacks; their ways were cut there
    blocked_nodes: int = 0  # bollards and the like, where the road is cut
    signals: int = 0  # nodes of the graph that carry a delay of their own
    urban_junctions: int = 0  # nodes of the graph with the delay of a built-up place
    urban_km: float = 0.0  # length of the roads in a built-up place
    restrictions: RestrictionReport = field(default_factory=RestrictionReport)
    forbidden_paths: int = 0
    water_lines: int = 0
    nodes: int
    roads: int
    arcs: int
    turn_states: int  # nodes of the graph that double a junction, for a restricted turn
    components: int  # strongly connected
    main_component_share: float  # of nodes, 0..1
    length_km: float

    def facts(self) -> dict[str, str | int | float]:
        """The counts, one number a name, as an import report keeps them."""
        plain = {key: value for key, value in asdict(self).items() if not isinstance(value, dict | list)}
        of = self.restrictions
        return plain | {
            "ways_too_long": len(self.ways_too_long),
            "restrictions_read": of.read,
            "restrictions_applied": of.applied,
            "restrictions_for_others": of.for_others,
            "restrictions_without_object": of.without_object,
            "restrictions_not_applied": sum(map(len, of.refused.values())),
            **{f"fermées ({why})": count for why, count in self.ways_closed.items()},
        }

    @property
    def warnings(self) -> list[str]:
        """What a planner must know before trusting times computed on this network, in French.

        ``unknown_values`` and ``conditions`` are told by data.roads, which names their keys.
        """
        messages = [
            f"{_count_fr(ids)} {REFUSALS_FR[why]} : relation(s) {_ids_fr(ids)}."
            for why, ids in sorted(self.restrictions.refused.items())
        ]
        if self.restrictions.partly:
            ids = self.restrictions.partly
            messages.append(f"{len(ids)} interdiction(s) de tourner appliquée(s) en partie : {_ids_fr(ids)}.")
        if self.absent_refs:
            messages.append(
                f"{self.absent_refs} nœud(s) absent(s) de l'extrait ou hors du globe : les voies y sont coupées."
            )
        if self.ways_without_road:
            messages.append(f"{self.ways_without_road} voie(s) réduite(s) à un seul nœud, laissée(s) de côté.")
        if self.ways_too_long:
            messages.append(
                f"{len(self.ways_too_long)} voie(s) avec plus de 50 km tout droit entre deux nœuds, sans doute un nœud "
                f"mal placé : {_ids_fr(self.ways_too_long)}."
            )
        if self.main_component_share < _WHOLE_SHARE:
            share_pct = 100 * self.main_component_share
            messages.append(
                f"Le réseau est morcelé : {share_pct:.0f} % seulement des carrefours communiquent entre eux."
            )
        return messages


def ways_facts(
    rules: Iterable[WayRule | None], node_rules: Iterable[NodeRule] = (), *, is_winter: bool = False
) -> dict[str, Any]:
    """The part of the report that the rules of all the ways of a file, and of the nodes of those kept, can tell."""
    node_rules = list(node_rules)
    rules = list(rules)
    understood = [rule for rule in rules if rule is not None]
    may_open = [rule for rule in understood if rule.is_open]
    kept = [rule for rule in may_open if not (is_winter and rule.is_winter_closed)]
    closed = Counter(rule.closed_by for rule in understood if rule.closed_by is not None)
    if len(kept) < len(may_open):
        closed["winter"] = len(may_open) - len(kept)
    told = [rule.unknown for rule in kept] + [rule.unknown for rule in node_rules]
    return {
        "ways_read": len(rules),
        "ways_kept": len(kept),
        "ways_not_for_mode": len(rules) - len(understood),
        "ways_closed": dict(closed.most_common()),
        "ways_closed_in_winter": sum(rule.is_winter_closed for rule in may_open),
        "ways_with_toll": sum(rule.is_toll for rule in kept),
        "nodes_closed_in_winter": sum(rule.is_winter_closed for rule in node_rules),
        "unknown_values": _counted(pair for unknown in told for pair in unknown),
        "conditions": _counted(pair for rule in kept for pair in rule.conditions),
    }


def graph_facts(graph: RoadGraph) -> dict[str, Any]:
    """The part of the report that any graph can tell. Roads closed both ways, kept for another season, do not count."""
    component = strong_components(graph.forward.first_out, graph.forward.head)
    is_open = np.minimum(graph.road_forward_ds, graph.road_backward_ds) < UNREACHED_DS
    is_junction = np.zeros(graph.node_count, np.bool_)
    is_junction[graph.road_tail[is_open]] = is_junction[graph.road_head[is_open]] = True
    is_main = graph.in_main_component[is_junction]
    return {
        "nodes": int(np.count_nonzero(is_junction)),
        "roads": int(np.count_nonzero(is_open)),
        "arcs": graph.forward.arc_count,
        "turn_states": graph.node_count - graph.junction_count,
        "components": 1 + len(np.unique(component[is_junction][~is_main])),
        "main_component_share": float(is_main.mean()),
        "length_km": float(graph.road_length_m[is_open].sum()) / 1000,
    }


def _counted(pairs: Iterable[tuple[str, str]]) -> dict[str, int]:
    return dict(Counter(f"{key}={value}" for key, value in pairs).most_common())


def _count_fr(ids: list[int]) -> str:
    return f"{len(ids)} interdiction(s) de tourner non appliquée(s),"


def _ids_fr(ids: list[int]) -> str:
    shown = ", ".join(map(str, sorted(ids)[:_IDS_SHOWN]))
    return f"{shown} et {len(ids) - _IDS_SHOWN} autres" if len(ids) > _IDS_SHOWN else shown
