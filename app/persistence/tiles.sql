-- Vector tiles. Each query is given the tile (z, x, y), the département (null: all), the mode and season, the scope's
-- two flags, and what its layer needs. "tile" is the tile's square in EPSG:3857 and, widened for the buffer, in EPSG:4326.
-- Shapes are simplified in degrees before they are projected: projecting is what costs.

-- name: frame
with tile as (
    select
        ST_TileEnvelope(:z, :x, :y) as square,
        ST_Transform(ST_TileEnvelope(:z, :x, :y, margin => 0.02), 4326) as bounds,
        -- A quarter of a screen pixel of a 512-pixel tile, in degrees of longitude.
        360.0 / (2 ^ :z) / 2048 as tolerance
),
published as (
    select p.departement_code, p.run_id, r.threshold_s, r.road_network_id
    from published_run p join run r on r.id = p.run_id
    where p.mode = :mode and p.season = :season and (:departement is null or p.departement_code = :departement)
)

-- name: departements
, shapes as (
    select
        d.code, d.nom,
        100::float8 * zone.people_covered / nullif(zone.people_total, 0) as covered_pct,
        ST_AsMVTGeom(
            ST_Transform(ST_Simplify(d.geometry, tile.tolerance, true), 3857), tile.square, 4096, 80
        ) as shape
    from tile, departement d
    left join published on published.departement_code = d.code
    left join run_zone zone
        on zone.run_id = published.run_id and zone.level = 'departement' and zone.scope = :scope
    where d.geometry && tile.bounds and (:departement is null or d.code = :departement)
)
select ST_AsMVT(shapes, 'departements', 4096, 'shape') from shapes where shape is not null

-- name: communes
, shapes as (
    select
        c.code_insee as code, c.nom,
        100::float8 * zone.people_covered / nullif(zone.people_total, 0) as covered_pct,
        zone.people_uncovered as uncovered, zone.people_total as total,
        ST_AsMVTGeom(
            ST_Transform(ST_Simplify(c.geometry, tile.tolerance, true), 3857), tile.square, 4096, 80
        ) as shape
    from tile, commune c
    left join published on published.departement_code = c.departement_code
    left join run_zone zone
        on zone.run_id = published.run_id and zone.level = 'commune' and zone.scope = :scope
        and zone.code = c.code_insee
    where c.geometry && tile.bounds and (:departement is null or c.departement_code = :departement)
)
select ST_AsMVT(shapes, 'communes', 4096, 'shape') from shapes where shape is not null

-- name: cells
, timed as (
    select
        cell.people, cell.code_insee, cell.geometry, published.threshold_s,
        least(
            cell.own_fixed_s,
            case when :mobile then cell.own_mobile_s end,
            case when :neighbours then cell.neighbour_fixed_s end,
            case when :neighbours and :mobile then cell.neighbour_mobile_s end
        ) as time_s
    from tile, published
    join run_cell cell on cell.run_id = published.run_id
    where cell.geometry && tile.bounds
),
classed as (
    select
        timed.*,
        case when time_s is null then 'unknown' when time_s < threshold_s then 'covered' else 'uncovered' end
            as state
    from timed
),
shapes as (
    select
        people, code_insee, state, state = 'covered' as is_covered,
        -- Rounded as the API does: never across the threshold.
        case
            when time_s = 'Infinity' then null
            when time_s < threshold_s and round((time_s / 6)::numeric) * 6 >= threshold_s
                then floor(time_s / 6) / 10
            else (round((time_s / 6)::numeric) / 10)::float8
        end as minutes,
        ST_AsMVTGeom(ST_Transform(classed.geometry, 3857), tile.square, 4096, 80) as shape
    from tile, classed
    where :all_states or state <> 'covered'
)
select ST_AsMVT(shapes, 'cells', 4096, 'shape') from shapes where shape is not null

-- name: cells_from_afar
-- One square of two screen pixels for the cells whose centres fall in it: people add up, the worst time shows.
, timed as (
    select
        cell.people, cell.code_insee, ST_Transform(ST_Centroid(cell.geometry), 3857) as centre,
        published.threshold_s,
        least(
            cell.own_fixed_s,
            case when :mobile then cell.own_mobile_s end,
            case when :neighbours then cell.neighbour_fixed_s end,
            case when :neighbours and :mobile then cell.neighbour_mobile_s end
        ) as time_s
    from tile, published
    join run_cell cell on cell.run_id = published.run_id
    where cell.geometry && tile.bounds
),
squares as (
    select
        ST_XMax(square) - ST_XMin(square) as width, ST_XMin(square) as west, ST_YMin(square) as south, square
    from tile
),
grouped as (
    select
        case when time_s is null then 'unknown' else 'uncovered' end as state,
        floor((ST_X(centre) - west) / (width / 256)) as i, floor((ST_Y(centre) - south) / (width / 256)) as j,
        sum(people)::bigint as people, max(time_s) as time_s, min(code_insee) as code_insee
    from timed, squares
    where time_s is null or time_s >= threshold_s
    group by 1, 2, 3
),
shapes as (
    select
        people, code_insee, state, false as is_covered,
        case when time_s = 'Infinity' then null else (round((time_s / 6)::numeric) / 10)::float8 end as minutes,
        ST_AsMVTGeom(
            ST_MakeEnvelope(
                west + i * width / 256, south + j * width / 256,
                west + (i + 1) * width / 256, south + (j + 1) * width / 256, 3857
            ),
            square, 4096, 80
        ) as shape
    from grouped, squares
)
select ST_AsMVT(shapes, 'cells', 4096, 'shape') from shapes where shape is not null

-- name: sites
-- Of the whole country from afar, a point and its form are enough.
, around as (
    select ST_Expand(ST_Extent(d.geometry)::geometry, :around_deg) as box from departement d
    where d.code = :departement
),
shapes as (
    select
        case when :departement is not null or :z >= 8 then s.id::text end as id,
        case when :departement is not null or :z >= 8 then s.name end as name,
        s.form, s.carrier, s.status, s.departement_code as departement,
        cast(:form_labels as jsonb) ->> s.form as form_label,
        ST_AsMVTGeom(ST_Transform(s.geometry, 3857), tile.square, 4096, 80) as shape
    from tile, around, site s
    where s.deleted_at is null and s.status <> 'closed' and s.form <> 'phone' and s.geometry && tile.bounds
        and (
            :departement is null or s.departement_code = :departement
            or (:neighbours and s.geometry && ST_SetSRID(around.box, 4326))
        )
        and (:mobile or s.form <> 'mobile')
)
select ST_AsMVT(shapes, 'sites', 4096, 'shape') from shapes where shape is not null

-- name: roads
-- One feature a rank, or a rank and a name where names are drawn: tags would weigh more than lines. A line that
-- leaves the tile and comes back is in several parts, hence the extraction. Drawn are the roads of cars in summer,
-- whatever is travelled by: a run of another mode or season is drawn on the current roads of the same name.
, travelled as (
    select n.* from published join road_network n on n.id = published.road_network_id where :departement is not null
),
networks as (
    select id from travelled where mode = 'car' and season = 'summer'
    union
    select n.id from road_network n
    where n.is_current and n.mode = 'car' and n.season = 'summer'
        and (
            :departement is null or not exists (select from travelled)
            or n.name in (select name from travelled where mode <> 'car' or season <> 'summer')
        )
),
pieces as (
    select
        r.rank, case when :with_names then r.name end as name,
        ST_AsMVTGeom(
            ST_Transform(ST_Simplify(r.geometry, tile.tolerance), 3857), tile.square, 4096, 80
        ) as shape
    from tile, road r
    where r.network_id in (select id from networks) and (r.rank <= :max_rank or r.rank = :ferry_rank)
        and r.geometry && tile.bounds
),
shapes as (
    select rank, name, ST_CollectionExtract(ST_Collect(shape), 2) as shape from pieces where shape is not null group by rank, name
)
select ST_AsMVT(shapes, 'roads', 4096, 'shape') from shapes
