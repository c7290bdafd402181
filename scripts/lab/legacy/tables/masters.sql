-- The ten masters of the old system as it first made them, and the pedigree.

create table public.ra_regions (
  code varchar(10) primary key,
  name varchar(100) not null,
  created_at timestamp default current_timestamp
);

create table public.ra_courses (
  id varchar(50) primary key,
  name varchar(255) not null,
  region_code varchar(10) not null,
  region varchar(100) not null,
  longitude numeric(11,8),
  latitude numeric(10,8),
  created_at timestamp default current_timestamp,
  updated_at timestamp default current_timestamp
);

create table public.ra_bookmakers (
  id bigserial primary key,
  name varchar(100) not null,
  code varchar(50),
  is_active boolean default true,
  created_at timestamp default current_timestamp,
  type varchar(20)
);

create table public.ra_sires (
  id varchar(50) primary key,
  name varchar(255) not null,
  horse_id varchar(50),
  created_at timestamp default current_timestamp,
  updated_at timestamp default current_timestamp,
  total_runners integer default 0,
  total_wins integer default 0,
  total_places_2nd integer default 0,
  total_places_3rd integer default 0,
  overall_win_percent numeric,
  overall_ae_index numeric,
  best_class varchar(20),
  best_class_ae numeric,
  best_distance varchar(50),
  best_distance_ae numeric,
  analysis_last_updated timestamp,
  data_quality_score numeric,
  class_1_name varchar(20),
  class_1_runners integer,
  class_1_wins integer,
  class_1_win_percent numeric,
  class_1_ae numeric,
  class_2_name varchar(20),
  class_2_runners integer,
  class_2_wins integer,
  class_2_win_percent numeric,
  class_2_ae numeric,
  class_3_name varchar(20),
  class_3_runners integer,
  class_3_wins integer,
  class_3_win_percent numeric,
  class_3_ae numeric,
  distance_1_name varchar(20),
  distance_1_runners integer,
  distance_1_wins integer,
  distance_1_win_percent numeric,
  distance_1_ae numeric,
  distance_2_name varchar(20),
  distance_2_runners integer,
  distance_2_wins integer,
  distance_2_win_percent numeric,
  distance_2_ae numeric,
  distance_3_name varchar(20),
  distance_3_runners integer,
  distance_3_wins integer,
  distance_3_win_percent numeric,
  distance_3_ae numeric
);

create table public.ra_dams (like public.ra_sires including all);

create table public.ra_damsires (like public.ra_sires including all);

create table public.ra_horses (
  id varchar(50) primary key,
  name varchar(255) not null,
  sire_id varchar(50),
  dam_id varchar(50),
  damsire_id varchar(50),
  dob date,
  age integer,
  sex varchar(20),
  sex_code varchar(5),
  colour varchar(50),
  colour_code varchar(10),
  breeder varchar(255),
  region varchar(10),
  created_at timestamp default current_timestamp,
  updated_at timestamp default current_timestamp
);

create table public.ra_jockeys (
  id varchar(50) primary key,
  name varchar(255) not null,
  created_at timestamp default current_timestamp,
  updated_at timestamp default current_timestamp,
  total_rides integer,
  total_wins integer,
  total_places integer,
  total_seconds integer,
  total_thirds integer,
  win_rate numeric(5,2),
  place_rate numeric(5,2),
  stats_updated_at timestamp
);

create table public.ra_trainers (
  id varchar(50) primary key,
  name varchar(255) not null,
  location varchar(255),
  created_at timestamp default current_timestamp,
  updated_at timestamp default current_timestamp,
  total_runners integer,
  total_wins integer,
  total_places integer,
  total_seconds integer,
  total_thirds integer,
  win_rate numeric(5,2),
  place_rate numeric(5,2),
  stats_updated_at timestamp
);

create table public.ra_owners (
  id varchar(50) primary key,
  name varchar(255) not null,
  created_at timestamp default current_timestamp,
  updated_at timestamp default current_timestamp,
  total_horses integer,
  total_runners integer,
  total_wins integer,
  total_places integer,
  total_seconds integer,
  total_thirds integer,
  win_rate numeric(5,2),
  place_rate numeric(5,2),
  active_last_30d boolean,
  stats_updated_at timestamp
);

create table public.ra_horse_pedigree (
  horse_id varchar(50) primary key,
  sire_id varchar(50),
  sire varchar(100),
  dam_id varchar(50),
  dam varchar(100),
  damsire_id varchar(50),
  damsire varchar(100),
  breeder varchar(200),
  created_at timestamp default current_timestamp,
  updated_at timestamp default current_timestamp,
  region varchar(10)
);
