export type Json = string | number | boolean | null | { [key: string]: Json | undefined } | Json[];

export type Database = {
  "public": {
    Tables: {
      "alerts": {
        Row: {
          "id": number;
          "kind": string;
          "message": string;
          "raised_at": string;
          "resolved_at": string | null;
          "subject": string;
        };
        ComputedFields: never;
        Insert: {
          "id"?: never;
          "kind": string;
          "message": string;
          "raised_at"?: string;
          "resolved_at"?: string | null;
          "subject": string;
        };
        Update: {
          "id"?: never;
          "kind"?: string;
          "message"?: string;
          "raised_at"?: string;
          "resolved_at"?: string | null;
          "subject"?: string;
        };
        Relationships: [];
      };
      "backfill_progress": {
        Row: {
          "api_calls": number;
          "api_total": number | null;
          "attempts": number;
          "claimed_at": string | null;
          "created_at": string;
          "cursor_day": string | null;
          "cursor_id": string | null;
          "cursor_skip": number;
          "ended_at": string | null;
          "failing_since": string | null;
          "feed": string;
          "id": number;
          "interruptions": number;
          "invocations": number;
          "kind": string;
          "last_error": string | null;
          "last_page_at": string | null;
          "lease_token": string | null;
          "lease_until": string | null;
          "next_attempt_at": string;
          "pages_done": number;
          "pages_expected": number;
          "pages_planned": number;
          "period_end": string;
          "period_start": string;
          "place_in_run": number;
          "priority": number;
          "races_stored": number;
          "reading_since": string | null;
          "regions": (string)[] | null;
          "repulls": number;
          "rows_rejected": number;
          "run_id": number;
          "runners_stored": number;
          "started_at": string | null;
          "state": string;
        };
        ComputedFields: never;
        Insert: {
          "api_calls"?: number;
          "api_total"?: number | null;
          "attempts"?: number;
          "claimed_at"?: string | null;
          "created_at"?: string;
          "cursor_day"?: string | null;
          "cursor_id"?: string | null;
          "cursor_skip"?: number;
          "ended_at"?: string | null;
          "failing_since"?: string | null;
          "feed": string;
          "id"?: never;
          "interruptions"?: number;
          "invocations"?: number;
          "kind": string;
          "last_error"?: string | null;
          "last_page_at"?: string | null;
          "lease_token"?: string | null;
          "lease_until"?: string | null;
          "next_attempt_at"?: string;
          "pages_done"?: number;
          "pages_expected": number;
          "pages_planned": number;
          "period_end": string;
          "period_start": string;
          "place_in_run": number;
          "priority"?: never;
          "races_stored"?: number;
          "reading_since"?: string | null;
          "regions"?: (string)[] | null;
          "repulls"?: number;
          "rows_rejected"?: number;
          "run_id": number;
          "runners_stored"?: number;
          "started_at"?: string | null;
          "state"?: string;
        };
        Update: {
          "api_calls"?: number;
          "api_total"?: number | null;
          "attempts"?: number;
          "claimed_at"?: string | null;
          "created_at"?: string;
          "cursor_day"?: string | null;
          "cursor_id"?: string | null;
          "cursor_skip"?: number;
          "ended_at"?: string | null;
          "failing_since"?: string | null;
          "feed"?: string;
          "id"?: never;
          "interruptions"?: number;
          "invocations"?: number;
          "kind"?: string;
          "last_error"?: string | null;
          "last_page_at"?: string | null;
          "lease_token"?: string | null;
          "lease_until"?: string | null;
          "next_attempt_at"?: string;
          "pages_done"?: number;
          "pages_expected"?: number;
          "pages_planned"?: number;
          "period_end"?: string;
          "period_start"?: string;
          "place_in_run"?: number;
          "priority"?: never;
          "races_stored"?: number;
          "reading_since"?: string | null;
          "regions"?: (string)[] | null;
          "repulls"?: number;
          "rows_rejected"?: number;
          "run_id"?: number;
          "runners_stored"?: number;
          "started_at"?: string | null;
          "state"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "backfill_progress_feed_fkey";
            columns: ["feed"];
            isOneToOne: false;
            referencedRelation: "data_freshness";
            referencedColumns: ["feed"];
          },
          {
            foreignKeyName: "backfill_progress_run_id_fkey";
            columns: ["run_id"];
            isOneToOne: false;
            referencedRelation: "backfill_runs";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "backfill_progress_run_id_fkey";
            columns: ["run_id"];
            isOneToOne: false;
            referencedRelation: "backfill_status";
            referencedColumns: ["run_id"];
          },
          {
            foreignKeyName: "backfill_progress_run_id_fkey";
            columns: ["run_id"];
            isOneToOne: false;
            referencedRelation: "backfill_status_details";
            referencedColumns: ["run_id"];
          },
        ];
      };
      "backfill_runs": {
        Row: {
          "cancelled_at": string | null;
          "created_at": string;
          "end_date": string;
          "feeds": (string)[];
          "id": number;
          "kind": string;
          "left_out": string | null;
          "newest_first": boolean;
          "pause_reason": string | null;
          "paused_at": string | null;
          "reprocess": string;
          "requested_by": string;
          "start_date": string;
        };
        ComputedFields: never;
        Insert: {
          "cancelled_at"?: string | null;
          "created_at"?: string;
          "end_date": string;
          "feeds": (string)[];
          "id"?: never;
          "kind": string;
          "left_out"?: string | null;
          "newest_first": boolean;
          "pause_reason"?: string | null;
          "paused_at"?: string | null;
          "reprocess": string;
          "requested_by"?: string;
          "start_date": string;
        };
        Update: {
          "cancelled_at"?: string | null;
          "created_at"?: string;
          "end_date"?: string;
          "feeds"?: (string)[];
          "id"?: never;
          "kind"?: string;
          "left_out"?: string | null;
          "newest_first"?: boolean;
          "pause_reason"?: string | null;
          "paused_at"?: string | null;
          "reprocess"?: string;
          "requested_by"?: string;
          "start_date"?: string;
        };
        Relationships: [];
      };
      "backfill_settings": {
        Row: {
          "alert_days": number;
          "alert_format": string;
          "answer_timeout_seconds": number;
          "api_log_days": number;
          "attempts_before_dead": number;
          "capture_long_texts": boolean;
          "capture_odds": boolean;
          "cron_log_days": number;
          "database_limit_megabytes": number;
          "error_log_days": number;
          "freshness_grace_minutes": number;
          "gap_days_a_night": number;
          "gap_tries": number;
          "id": boolean;
          "interruptions_before_dead": number;
          "lease_seconds": number;
          "leases_per_feed": number;
          "regions": (string)[];
          "reject_days": number;
          "runs_kept_since": string | null;
          "scheduled_run_days": number;
          "schedules_started_at": string | null;
          "schedules_started_on": string | null;
          "set_up_at": string | null;
          "stop_taking_pages_after_busy_seconds": number;
          "stop_taking_pages_after_seconds": number;
          "usage_days": number;
        };
        ComputedFields: never;
        Insert: {
          "alert_days"?: number;
          "alert_format"?: string;
          "answer_timeout_seconds"?: number;
          "api_log_days"?: number;
          "attempts_before_dead"?: number;
          "capture_long_texts"?: boolean;
          "capture_odds"?: boolean;
          "cron_log_days"?: number;
          "database_limit_megabytes"?: number;
          "error_log_days"?: number;
          "freshness_grace_minutes"?: number;
          "gap_days_a_night"?: number;
          "gap_tries"?: number;
          "id"?: boolean;
          "interruptions_before_dead"?: number;
          "lease_seconds"?: number;
          "leases_per_feed"?: number;
          "regions"?: (string)[];
          "reject_days"?: number;
          "runs_kept_since"?: string | null;
          "scheduled_run_days"?: number;
          "schedules_started_at"?: string | null;
          "schedules_started_on"?: string | null;
          "set_up_at"?: string | null;
          "stop_taking_pages_after_busy_seconds"?: number;
          "stop_taking_pages_after_seconds"?: number;
          "usage_days"?: number;
        };
        Update: {
          "alert_days"?: number;
          "alert_format"?: string;
          "answer_timeout_seconds"?: number;
          "api_log_days"?: number;
          "attempts_before_dead"?: number;
          "capture_long_texts"?: boolean;
          "capture_odds"?: boolean;
          "cron_log_days"?: number;
          "database_limit_megabytes"?: number;
          "error_log_days"?: number;
          "freshness_grace_minutes"?: number;
          "gap_days_a_night"?: number;
          "gap_tries"?: number;
          "id"?: boolean;
          "interruptions_before_dead"?: number;
          "lease_seconds"?: number;
          "leases_per_feed"?: number;
          "regions"?: (string)[];
          "reject_days"?: number;
          "runs_kept_since"?: string | null;
          "scheduled_run_days"?: number;
          "schedules_started_at"?: string | null;
          "schedules_started_on"?: string | null;
          "set_up_at"?: string | null;
          "stop_taking_pages_after_busy_seconds"?: number;
          "stop_taking_pages_after_seconds"?: number;
          "usage_days"?: number;
        };
        Relationships: [];
      };
      "ingest_errors": {
        Row: {
          "attempt": number;
          "chunk_id": number | null;
          "endpoint": string | null;
          "failure_class": string;
          "feed": string;
          "http_status": number | null;
          "id": number;
          "message": string;
          "occurred_at": string;
          "run_id": number | null;
        };
        ComputedFields: never;
        Insert: {
          "attempt": number;
          "chunk_id"?: number | null;
          "endpoint"?: string | null;
          "failure_class": string;
          "feed": string;
          "http_status"?: number | null;
          "id"?: never;
          "message": string;
          "occurred_at"?: string;
          "run_id"?: number | null;
        };
        Update: {
          "attempt"?: number;
          "chunk_id"?: number | null;
          "endpoint"?: string | null;
          "failure_class"?: string;
          "feed"?: string;
          "http_status"?: number | null;
          "id"?: never;
          "message"?: string;
          "occurred_at"?: string;
          "run_id"?: number | null;
        };
        Relationships: [
          {
            foreignKeyName: "ingest_errors_chunk_id_fkey";
            columns: ["chunk_id"];
            isOneToOne: false;
            referencedRelation: "backfill_chunks";
            referencedColumns: ["chunk_id"];
          },
          {
            foreignKeyName: "ingest_errors_chunk_id_fkey";
            columns: ["chunk_id"];
            isOneToOne: false;
            referencedRelation: "backfill_progress";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "ingest_errors_run_id_fkey";
            columns: ["run_id"];
            isOneToOne: false;
            referencedRelation: "backfill_runs";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "ingest_errors_run_id_fkey";
            columns: ["run_id"];
            isOneToOne: false;
            referencedRelation: "backfill_status";
            referencedColumns: ["run_id"];
          },
          {
            foreignKeyName: "ingest_errors_run_id_fkey";
            columns: ["run_id"];
            isOneToOne: false;
            referencedRelation: "backfill_status_details";
            referencedColumns: ["run_id"];
          },
        ];
      };
      "ingest_rejects": {
        Row: {
          "acknowledged_at": string | null;
          "chunk_id": number | null;
          "feed": string;
          "fingerprint": string;
          "first_seen_at": string;
          "horse_id": string | null;
          "id": number;
          "kind": string;
          "last_seen_at": string;
          "path": string;
          "race_date": string | null;
          "race_id": string | null;
          "raw": NonNullable<Json>;
          "reason": string;
          "run_id": number | null;
        };
        ComputedFields: never;
        Insert: {
          "acknowledged_at"?: string | null;
          "chunk_id"?: number | null;
          "feed": string;
          "fingerprint": string;
          "first_seen_at"?: string;
          "horse_id"?: string | null;
          "id"?: never;
          "kind": string;
          "last_seen_at"?: string;
          "path": string;
          "race_date"?: string | null;
          "race_id"?: string | null;
          "raw": NonNullable<Json>;
          "reason": string;
          "run_id"?: number | null;
        };
        Update: {
          "acknowledged_at"?: string | null;
          "chunk_id"?: number | null;
          "feed"?: string;
          "fingerprint"?: string;
          "first_seen_at"?: string;
          "horse_id"?: string | null;
          "id"?: never;
          "kind"?: string;
          "last_seen_at"?: string;
          "path"?: string;
          "race_date"?: string | null;
          "race_id"?: string | null;
          "raw"?: NonNullable<Json>;
          "reason"?: string;
          "run_id"?: number | null;
        };
        Relationships: [
          {
            foreignKeyName: "ingest_rejects_chunk_id_fkey";
            columns: ["chunk_id"];
            isOneToOne: false;
            referencedRelation: "backfill_chunks";
            referencedColumns: ["chunk_id"];
          },
          {
            foreignKeyName: "ingest_rejects_chunk_id_fkey";
            columns: ["chunk_id"];
            isOneToOne: false;
            referencedRelation: "backfill_progress";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "ingest_rejects_run_id_fkey";
            columns: ["run_id"];
            isOneToOne: false;
            referencedRelation: "backfill_runs";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "ingest_rejects_run_id_fkey";
            columns: ["run_id"];
            isOneToOne: false;
            referencedRelation: "backfill_status";
            referencedColumns: ["run_id"];
          },
          {
            foreignKeyName: "ingest_rejects_run_id_fkey";
            columns: ["run_id"];
            isOneToOne: false;
            referencedRelation: "backfill_status_details";
            referencedColumns: ["run_id"];
          },
        ];
      };
      "ingest_unknown_fields": {
        Row: {
          "acknowledged_at": string | null;
          "feed": string;
          "field": string;
          "first_seen_at": string;
          "first_value": string | null;
          "last_seen_at": string;
          "newest_value": string | null;
          "object": string;
          "times_seen": number;
        };
        ComputedFields: never;
        Insert: {
          "acknowledged_at"?: string | null;
          "feed": string;
          "field": string;
          "first_seen_at"?: string;
          "first_value"?: string | null;
          "last_seen_at"?: string;
          "newest_value"?: string | null;
          "object": string;
          "times_seen": number;
        };
        Update: {
          "acknowledged_at"?: string | null;
          "feed"?: string;
          "field"?: string;
          "first_seen_at"?: string;
          "first_value"?: string | null;
          "last_seen_at"?: string;
          "newest_value"?: string | null;
          "object"?: string;
          "times_seen"?: number;
        };
        Relationships: [];
      };
      "pull_schedules": {
        Row: {
          "at_times": (string)[];
          "day_of_month": number | null;
          "enabled": boolean;
          "failing_since": string | null;
          "feeds": (string)[];
          "first_day": number;
          "last_day": number;
          "last_due_at": string | null;
          "last_error": string | null;
          "name": string;
          "pulls": string;
        };
        ComputedFields: never;
        Insert: {
          "at_times": (string)[];
          "day_of_month"?: number | null;
          "enabled"?: boolean;
          "failing_since"?: string | null;
          "feeds": (string)[];
          "first_day": number;
          "last_day": number;
          "last_due_at"?: string | null;
          "last_error"?: string | null;
          "name": string;
          "pulls"?: string;
        };
        Update: {
          "at_times"?: (string)[];
          "day_of_month"?: number | null;
          "enabled"?: boolean;
          "failing_since"?: string | null;
          "feeds"?: (string)[];
          "first_day"?: number;
          "last_day"?: number;
          "last_due_at"?: string | null;
          "last_error"?: string | null;
          "name"?: string;
          "pulls"?: string;
        };
        Relationships: [];
      };
      "ra_coverage": {
        Row: {
          "chunk_id": number | null;
          "day": string;
          "feed": string;
          "pulled_after_days": number;
          "pulled_at": string;
          "races_abandoned": number;
          "races_in_api": number;
          "races_rejected": number;
          "races_stored": number;
          "regions": (string)[];
        };
        ComputedFields: never;
        Insert: {
          "chunk_id"?: number | null;
          "day": string;
          "feed": string;
          "pulled_after_days"?: never;
          "pulled_at": string;
          "races_abandoned"?: number;
          "races_in_api": number;
          "races_rejected": number;
          "races_stored": number;
          "regions": (string)[];
        };
        Update: {
          "chunk_id"?: number | null;
          "day"?: string;
          "feed"?: string;
          "pulled_after_days"?: never;
          "pulled_at"?: string;
          "races_abandoned"?: number;
          "races_in_api"?: number;
          "races_rejected"?: number;
          "races_stored"?: number;
          "regions"?: (string)[];
        };
        Relationships: [
          {
            foreignKeyName: "ra_coverage_chunk_id_fkey";
            columns: ["chunk_id"];
            isOneToOne: false;
            referencedRelation: "backfill_chunks";
            referencedColumns: ["chunk_id"];
          },
          {
            foreignKeyName: "ra_coverage_chunk_id_fkey";
            columns: ["chunk_id"];
            isOneToOne: false;
            referencedRelation: "backfill_progress";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "ra_coverage_feed_fkey";
            columns: ["feed"];
            isOneToOne: false;
            referencedRelation: "data_freshness";
            referencedColumns: ["feed"];
          },
        ];
      };
      "ra_mst_bookmakers": {
        Row: {
          "code": string;
          "created_at": string;
          "name": string;
          "type": string;
          "updated_at": string;
        };
        ComputedFields: never;
        Insert: {
          "code": string;
          "created_at"?: string;
          "name": string;
          "type": string;
          "updated_at"?: string;
        };
        Update: {
          "code"?: string;
          "created_at"?: string;
          "name"?: string;
          "type"?: string;
          "updated_at"?: string;
        };
        Relationships: [];
      };
      "ra_mst_courses": {
        Row: {
          "created_at": string;
          "from_legacy": boolean;
          "id": string;
          "is_listed": boolean;
          "name": string | null;
          "region_code": string | null;
          "updated_at": string;
        };
        ComputedFields: never;
        Insert: {
          "created_at"?: string;
          "from_legacy"?: boolean;
          "id": string;
          "is_listed"?: boolean;
          "name"?: string | null;
          "region_code"?: string | null;
          "updated_at"?: string;
        };
        Update: {
          "created_at"?: string;
          "from_legacy"?: boolean;
          "id"?: string;
          "is_listed"?: boolean;
          "name"?: string | null;
          "region_code"?: string | null;
          "updated_at"?: string;
        };
        Relationships: [];
      };
      "ra_mst_dams": {
        Row: {
          "created_at": string;
          "from_legacy": boolean;
          "horse_id": string;
          "id": string;
          "last_seen_on": string;
          "name": string | null;
          "region_code": string | null;
          "updated_at": string;
        };
        ComputedFields: never;
        Insert: {
          "created_at"?: string;
          "from_legacy"?: boolean;
          "horse_id": string;
          "id": string;
          "last_seen_on": string;
          "name"?: string | null;
          "region_code"?: string | null;
          "updated_at"?: string;
        };
        Update: {
          "created_at"?: string;
          "from_legacy"?: boolean;
          "horse_id"?: string;
          "id"?: string;
          "last_seen_on"?: string;
          "name"?: string | null;
          "region_code"?: string | null;
          "updated_at"?: string;
        };
        Relationships: [];
      };
      "ra_mst_damsires": {
        Row: {
          "created_at": string;
          "from_legacy": boolean;
          "horse_id": string;
          "id": string;
          "last_seen_on": string;
          "name": string | null;
          "region_code": string | null;
          "updated_at": string;
        };
        ComputedFields: never;
        Insert: {
          "created_at"?: string;
          "from_legacy"?: boolean;
          "horse_id": string;
          "id": string;
          "last_seen_on": string;
          "name"?: string | null;
          "region_code"?: string | null;
          "updated_at"?: string;
        };
        Update: {
          "created_at"?: string;
          "from_legacy"?: boolean;
          "horse_id"?: string;
          "id"?: string;
          "last_seen_on"?: string;
          "name"?: string | null;
          "region_code"?: string | null;
          "updated_at"?: string;
        };
        Relationships: [];
      };
      "ra_mst_horses": {
        Row: {
          "breeder": string | null;
          "card_seen_on": string | null;
          "colour": string | null;
          "created_at": string;
          "dam_id": string | null;
          "dam_name": string | null;
          "damsire_id": string | null;
          "damsire_name": string | null;
          "dob": string | null;
          "from_legacy": boolean;
          "id": string;
          "last_seen_on": string;
          "name": string | null;
          "region_code": string | null;
          "sex": string | null;
          "sex_code": string | null;
          "sire_id": string | null;
          "sire_name": string | null;
          "updated_at": string;
        };
        ComputedFields: never;
        Insert: {
          "breeder"?: string | null;
          "card_seen_on"?: string | null;
          "colour"?: string | null;
          "created_at"?: string;
          "dam_id"?: string | null;
          "dam_name"?: string | null;
          "damsire_id"?: string | null;
          "damsire_name"?: string | null;
          "dob"?: string | null;
          "from_legacy"?: boolean;
          "id": string;
          "last_seen_on": string;
          "name"?: string | null;
          "region_code"?: string | null;
          "sex"?: string | null;
          "sex_code"?: string | null;
          "sire_id"?: string | null;
          "sire_name"?: string | null;
          "updated_at"?: string;
        };
        Update: {
          "breeder"?: string | null;
          "card_seen_on"?: string | null;
          "colour"?: string | null;
          "created_at"?: string;
          "dam_id"?: string | null;
          "dam_name"?: string | null;
          "damsire_id"?: string | null;
          "damsire_name"?: string | null;
          "dob"?: string | null;
          "from_legacy"?: boolean;
          "id"?: string;
          "last_seen_on"?: string;
          "name"?: string | null;
          "region_code"?: string | null;
          "sex"?: string | null;
          "sex_code"?: string | null;
          "sire_id"?: string | null;
          "sire_name"?: string | null;
          "updated_at"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "ra_mst_horses_dam_id_fkey";
            columns: ["dam_id"];
            isOneToOne: false;
            referencedRelation: "ra_mst_dams";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "ra_mst_horses_damsire_id_fkey";
            columns: ["damsire_id"];
            isOneToOne: false;
            referencedRelation: "ra_mst_damsires";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "ra_mst_horses_sire_id_fkey";
            columns: ["sire_id"];
            isOneToOne: false;
            referencedRelation: "ra_mst_sires";
            referencedColumns: ["id"];
          },
        ];
      };
      "ra_mst_jockeys": {
        Row: {
          "created_at": string;
          "from_legacy": boolean;
          "id": string;
          "last_seen_on": string;
          "name": string | null;
          "updated_at": string;
        };
        ComputedFields: never;
        Insert: {
          "created_at"?: string;
          "from_legacy"?: boolean;
          "id": string;
          "last_seen_on": string;
          "name"?: string | null;
          "updated_at"?: string;
        };
        Update: {
          "created_at"?: string;
          "from_legacy"?: boolean;
          "id"?: string;
          "last_seen_on"?: string;
          "name"?: string | null;
          "updated_at"?: string;
        };
        Relationships: [];
      };
      "ra_mst_owners": {
        Row: {
          "created_at": string;
          "from_legacy": boolean;
          "id": string;
          "last_seen_on": string;
          "name": string | null;
          "updated_at": string;
        };
        ComputedFields: never;
        Insert: {
          "created_at"?: string;
          "from_legacy"?: boolean;
          "id": string;
          "last_seen_on": string;
          "name"?: string | null;
          "updated_at"?: string;
        };
        Update: {
          "created_at"?: string;
          "from_legacy"?: boolean;
          "id"?: string;
          "last_seen_on"?: string;
          "name"?: string | null;
          "updated_at"?: string;
        };
        Relationships: [];
      };
      "ra_mst_regions": {
        Row: {
          "code": string;
          "created_at": string;
          "name": string | null;
          "updated_at": string;
        };
        ComputedFields: never;
        Insert: {
          "code": string;
          "created_at"?: string;
          "name"?: string | null;
          "updated_at"?: string;
        };
        Update: {
          "code"?: string;
          "created_at"?: string;
          "name"?: string | null;
          "updated_at"?: string;
        };
        Relationships: [];
      };
      "ra_mst_sires": {
        Row: {
          "created_at": string;
          "from_legacy": boolean;
          "horse_id": string;
          "id": string;
          "last_seen_on": string;
          "name": string | null;
          "region_code": string | null;
          "updated_at": string;
        };
        ComputedFields: never;
        Insert: {
          "created_at"?: string;
          "from_legacy"?: boolean;
          "horse_id": string;
          "id": string;
          "last_seen_on": string;
          "name"?: string | null;
          "region_code"?: string | null;
          "updated_at"?: string;
        };
        Update: {
          "created_at"?: string;
          "from_legacy"?: boolean;
          "horse_id"?: string;
          "id"?: string;
          "last_seen_on"?: string;
          "name"?: string | null;
          "region_code"?: string | null;
          "updated_at"?: string;
        };
        Relationships: [];
      };
      "ra_mst_trainers": {
        Row: {
          "card_seen_on": string | null;
          "created_at": string;
          "from_legacy": boolean;
          "id": string;
          "last_seen_on": string;
          "location": string | null;
          "name": string | null;
          "updated_at": string;
        };
        ComputedFields: never;
        Insert: {
          "card_seen_on"?: string | null;
          "created_at"?: string;
          "from_legacy"?: boolean;
          "id": string;
          "last_seen_on": string;
          "location"?: string | null;
          "name"?: string | null;
          "updated_at"?: string;
        };
        Update: {
          "card_seen_on"?: string | null;
          "created_at"?: string;
          "from_legacy"?: boolean;
          "id"?: string;
          "last_seen_on"?: string;
          "location"?: string | null;
          "name"?: string | null;
          "updated_at"?: string;
        };
        Relationships: [];
      };
      "ra_races": {
        Row: {
          "age_band": string | null;
          "betting_forecast": string | null;
          "card_date": string | null;
          "card_distance": string | null;
          "card_distance_round": string | null;
          "course_id": string;
          "created_at": string;
          "distance_furlongs": number | null;
          "distance_metres": number | null;
          "distance_yards": number | null;
          "field_size": number | null;
          "from_legacy": boolean;
          "going": string | null;
          "going_detailed": string | null;
          "has_card": boolean;
          "has_result": boolean;
          "id": string;
          "is_abandoned": boolean;
          "is_big_race": boolean | null;
          "jumps": string | null;
          "non_runners": string | null;
          "off_dt": string | null;
          "off_time": string | null;
          "pattern": string | null;
          "prize_amount": number | null;
          "prize_currency": string | null;
          "race_class": string | null;
          "race_date": string;
          "race_name": string | null;
          "race_status": string | null;
          "race_type": string | null;
          "rail_movements": string | null;
          "rating_band": string | null;
          "region_code": string;
          "result_distance": string | null;
          "sex_restriction": string | null;
          "stalls": string | null;
          "stewards_comments": string | null;
          "surface": string | null;
          "tip": string | null;
          "tote_csf": string | null;
          "tote_exacta": string | null;
          "tote_place": string | null;
          "tote_tricast": string | null;
          "tote_trifecta": string | null;
          "tote_win": string | null;
          "updated_at": string;
          "verdict": string | null;
          "weather": string | null;
          "winning_time_detail": string | null;
        };
        ComputedFields: never;
        Insert: {
          "age_band"?: string | null;
          "betting_forecast"?: string | null;
          "card_date"?: string | null;
          "card_distance"?: string | null;
          "card_distance_round"?: string | null;
          "course_id": string;
          "created_at"?: string;
          "distance_furlongs"?: number | null;
          "distance_metres"?: number | null;
          "distance_yards"?: number | null;
          "field_size"?: number | null;
          "from_legacy"?: boolean;
          "going"?: string | null;
          "going_detailed"?: string | null;
          "has_card"?: boolean;
          "has_result"?: boolean;
          "id": string;
          "is_abandoned"?: boolean;
          "is_big_race"?: boolean | null;
          "jumps"?: string | null;
          "non_runners"?: string | null;
          "off_dt"?: string | null;
          "off_time"?: string | null;
          "pattern"?: string | null;
          "prize_amount"?: number | null;
          "prize_currency"?: string | null;
          "race_class"?: string | null;
          "race_date": string;
          "race_name"?: string | null;
          "race_status"?: string | null;
          "race_type"?: string | null;
          "rail_movements"?: string | null;
          "rating_band"?: string | null;
          "region_code": string;
          "result_distance"?: string | null;
          "sex_restriction"?: string | null;
          "stalls"?: string | null;
          "stewards_comments"?: string | null;
          "surface"?: string | null;
          "tip"?: string | null;
          "tote_csf"?: string | null;
          "tote_exacta"?: string | null;
          "tote_place"?: string | null;
          "tote_tricast"?: string | null;
          "tote_trifecta"?: string | null;
          "tote_win"?: string | null;
          "updated_at"?: string;
          "verdict"?: string | null;
          "weather"?: string | null;
          "winning_time_detail"?: string | null;
        };
        Update: {
          "age_band"?: string | null;
          "betting_forecast"?: string | null;
          "card_date"?: string | null;
          "card_distance"?: string | null;
          "card_distance_round"?: string | null;
          "course_id"?: string;
          "created_at"?: string;
          "distance_furlongs"?: number | null;
          "distance_metres"?: number | null;
          "distance_yards"?: number | null;
          "field_size"?: number | null;
          "from_legacy"?: boolean;
          "going"?: string | null;
          "going_detailed"?: string | null;
          "has_card"?: boolean;
          "has_result"?: boolean;
          "id"?: string;
          "is_abandoned"?: boolean;
          "is_big_race"?: boolean | null;
          "jumps"?: string | null;
          "non_runners"?: string | null;
          "off_dt"?: string | null;
          "off_time"?: string | null;
          "pattern"?: string | null;
          "prize_amount"?: number | null;
          "prize_currency"?: string | null;
          "race_class"?: string | null;
          "race_date"?: string;
          "race_name"?: string | null;
          "race_status"?: string | null;
          "race_type"?: string | null;
          "rail_movements"?: string | null;
          "rating_band"?: string | null;
          "region_code"?: string;
          "result_distance"?: string | null;
          "sex_restriction"?: string | null;
          "stalls"?: string | null;
          "stewards_comments"?: string | null;
          "surface"?: string | null;
          "tip"?: string | null;
          "tote_csf"?: string | null;
          "tote_exacta"?: string | null;
          "tote_place"?: string | null;
          "tote_tricast"?: string | null;
          "tote_trifecta"?: string | null;
          "tote_win"?: string | null;
          "updated_at"?: string;
          "verdict"?: string | null;
          "weather"?: string | null;
          "winning_time_detail"?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "ra_races_course_id_fkey";
            columns: ["course_id"];
            isOneToOne: false;
            referencedRelation: "ra_mst_courses";
            referencedColumns: ["id"];
          },
        ];
      };
      "ra_runner_odds": {
        Row: {
          "bookmaker_code": string;
          "created_at": string;
          "decimal": number | null;
          "ew_denominator": number | null;
          "ew_places": number | null;
          "fractional": string | null;
          "from_legacy": boolean;
          "horse_id": string;
          "quoted_at": string | null;
          "race_id": string;
          "updated_at": string;
        };
        ComputedFields: never;
        Insert: {
          "bookmaker_code": string;
          "created_at"?: string;
          "decimal"?: number | null;
          "ew_denominator"?: number | null;
          "ew_places"?: number | null;
          "fractional"?: string | null;
          "from_legacy"?: boolean;
          "horse_id": string;
          "quoted_at"?: string | null;
          "race_id": string;
          "updated_at"?: string;
        };
        Update: {
          "bookmaker_code"?: string;
          "created_at"?: string;
          "decimal"?: number | null;
          "ew_denominator"?: number | null;
          "ew_places"?: number | null;
          "fractional"?: string | null;
          "from_legacy"?: boolean;
          "horse_id"?: string;
          "quoted_at"?: string | null;
          "race_id"?: string;
          "updated_at"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "ra_runner_odds_bookmaker_code_fkey";
            columns: ["bookmaker_code"];
            isOneToOne: false;
            referencedRelation: "ra_mst_bookmakers";
            referencedColumns: ["code"];
          },
          {
            foreignKeyName: "ra_runner_odds_runner";
            columns: ["race_id", "horse_id"];
            isOneToOne: false;
            referencedRelation: "ra_runner_names";
            referencedColumns: ["race_id", "horse_id"];
          },
          {
            foreignKeyName: "ra_runner_odds_runner";
            columns: ["race_id", "horse_id"];
            isOneToOne: false;
            referencedRelation: "ra_runners";
            referencedColumns: ["race_id", "horse_id"];
          },
        ];
      };
      "ra_runners": {
        Row: {
          "age": number | null;
          "beaten_lengths": number | null;
          "beaten_lengths_overall": number | null;
          "bsp": number | null;
          "card_comment": string | null;
          "card_rpr": number | null;
          "card_topspeed": number | null;
          "draw": number | null;
          "form": string | null;
          "from_legacy": boolean;
          "has_card": boolean;
          "has_result": boolean;
          "headgear": string | null;
          "headgear_run": string | null;
          "horse_id": string;
          "is_non_runner": boolean;
          "is_reserve": boolean;
          "jockey_claim_lbs": number | null;
          "jockey_id": string | null;
          "jockey_name": string | null;
          "last_run": string | null;
          "last_run_days": number | null;
          "medical": Json | null;
          "number": number | null;
          "official_rating": number | null;
          "owner_id": string | null;
          "owner_name": string | null;
          "past_results_flags": (string)[] | null;
          "position": number | null;
          "position_code": string | null;
          "previous_owners": Json | null;
          "previous_trainers": Json | null;
          "prize_amount": number | null;
          "prize_currency": string | null;
          "quotes": Json | null;
          "race_id": string;
          "result_comment": string | null;
          "rpr": number | null;
          "sex_code": string | null;
          "silk": string | null;
          "sp": string | null;
          "sp_decimal": number | null;
          "sp_favourite": string | null;
          "spotlight": string | null;
          "stable_tour": Json | null;
          "time_seconds": number | null;
          "topspeed": number | null;
          "trainer_14_days_percent": number | null;
          "trainer_14_days_runs": number | null;
          "trainer_14_days_wins": number | null;
          "trainer_id": string | null;
          "trainer_name": string | null;
          "trainer_rtf_percent": number | null;
          "updated_at": string;
          "weight_lbs": number | null;
          "wind_surgery": string | null;
          "wind_surgery_run": string | null;
          "silk_url": string | null;
        };
        ComputedFields: "silk_url";
        Insert: {
          "age"?: number | null;
          "beaten_lengths"?: number | null;
          "beaten_lengths_overall"?: number | null;
          "bsp"?: number | null;
          "card_comment"?: string | null;
          "card_rpr"?: number | null;
          "card_topspeed"?: number | null;
          "draw"?: number | null;
          "form"?: string | null;
          "from_legacy"?: boolean;
          "has_card"?: boolean;
          "has_result"?: boolean;
          "headgear"?: string | null;
          "headgear_run"?: string | null;
          "horse_id": string;
          "is_non_runner"?: boolean;
          "is_reserve"?: boolean;
          "jockey_claim_lbs"?: number | null;
          "jockey_id"?: string | null;
          "jockey_name"?: string | null;
          "last_run"?: string | null;
          "last_run_days"?: number | null;
          "medical"?: Json | null;
          "number"?: number | null;
          "official_rating"?: number | null;
          "owner_id"?: string | null;
          "owner_name"?: string | null;
          "past_results_flags"?: (string)[] | null;
          "position"?: number | null;
          "position_code"?: string | null;
          "previous_owners"?: Json | null;
          "previous_trainers"?: Json | null;
          "prize_amount"?: number | null;
          "prize_currency"?: string | null;
          "quotes"?: Json | null;
          "race_id": string;
          "result_comment"?: string | null;
          "rpr"?: number | null;
          "sex_code"?: string | null;
          "silk"?: string | null;
          "sp"?: string | null;
          "sp_decimal"?: number | null;
          "sp_favourite"?: string | null;
          "spotlight"?: string | null;
          "stable_tour"?: Json | null;
          "time_seconds"?: number | null;
          "topspeed"?: number | null;
          "trainer_14_days_percent"?: number | null;
          "trainer_14_days_runs"?: number | null;
          "trainer_14_days_wins"?: number | null;
          "trainer_id"?: string | null;
          "trainer_name"?: string | null;
          "trainer_rtf_percent"?: number | null;
          "updated_at"?: string;
          "weight_lbs"?: number | null;
          "wind_surgery"?: string | null;
          "wind_surgery_run"?: string | null;
        };
        Update: {
          "age"?: number | null;
          "beaten_lengths"?: number | null;
          "beaten_lengths_overall"?: number | null;
          "bsp"?: number | null;
          "card_comment"?: string | null;
          "card_rpr"?: number | null;
          "card_topspeed"?: number | null;
          "draw"?: number | null;
          "form"?: string | null;
          "from_legacy"?: boolean;
          "has_card"?: boolean;
          "has_result"?: boolean;
          "headgear"?: string | null;
          "headgear_run"?: string | null;
          "horse_id"?: string;
          "is_non_runner"?: boolean;
          "is_reserve"?: boolean;
          "jockey_claim_lbs"?: number | null;
          "jockey_id"?: string | null;
          "jockey_name"?: string | null;
          "last_run"?: string | null;
          "last_run_days"?: number | null;
          "medical"?: Json | null;
          "number"?: number | null;
          "official_rating"?: number | null;
          "owner_id"?: string | null;
          "owner_name"?: string | null;
          "past_results_flags"?: (string)[] | null;
          "position"?: number | null;
          "position_code"?: string | null;
          "previous_owners"?: Json | null;
          "previous_trainers"?: Json | null;
          "prize_amount"?: number | null;
          "prize_currency"?: string | null;
          "quotes"?: Json | null;
          "race_id"?: string;
          "result_comment"?: string | null;
          "rpr"?: number | null;
          "sex_code"?: string | null;
          "silk"?: string | null;
          "sp"?: string | null;
          "sp_decimal"?: number | null;
          "sp_favourite"?: string | null;
          "spotlight"?: string | null;
          "stable_tour"?: Json | null;
          "time_seconds"?: number | null;
          "topspeed"?: number | null;
          "trainer_14_days_percent"?: number | null;
          "trainer_14_days_runs"?: number | null;
          "trainer_14_days_wins"?: number | null;
          "trainer_id"?: string | null;
          "trainer_name"?: string | null;
          "trainer_rtf_percent"?: number | null;
          "updated_at"?: string;
          "weight_lbs"?: number | null;
          "wind_surgery"?: string | null;
          "wind_surgery_run"?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "ra_runners_horse_id_fkey";
            columns: ["horse_id"];
            isOneToOne: false;
            referencedRelation: "ra_mst_horses";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "ra_runners_jockey_id_fkey";
            columns: ["jockey_id"];
            isOneToOne: false;
            referencedRelation: "ra_mst_jockeys";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "ra_runners_owner_id_fkey";
            columns: ["owner_id"];
            isOneToOne: false;
            referencedRelation: "ra_mst_owners";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "ra_runners_race_id_fkey";
            columns: ["race_id"];
            isOneToOne: false;
            referencedRelation: "ra_races";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "ra_runners_trainer_id_fkey";
            columns: ["trainer_id"];
            isOneToOne: false;
            referencedRelation: "ra_mst_trainers";
            referencedColumns: ["id"];
          },
        ];
      };
      "racing_api_limits": {
        Row: {
          "calls_per_second": number;
          "documented_calls_per_second": number;
          "endpoint": string;
          "headroom": number;
          "next_slot": string;
          "taken_slots": (string)[];
        };
        ComputedFields: never;
        Insert: {
          "calls_per_second": number;
          "documented_calls_per_second": number;
          "endpoint": string;
          "headroom"?: number;
          "next_slot"?: string;
          "taken_slots"?: (string)[];
        };
        Update: {
          "calls_per_second"?: number;
          "documented_calls_per_second"?: number;
          "endpoint"?: string;
          "headroom"?: number;
          "next_slot"?: string;
          "taken_slots"?: (string)[];
        };
        Relationships: [];
      };
    };
    Views: {
      "backfill_chunks": {
        Row: {
          "api_calls": number;
          "attempts": number;
          "chunk_id": number;
          "ended_at": string | null;
          "feed": string;
          "first_day": string;
          "invocations": number;
          "kind": string;
          "last_day": string | null;
          "last_error": string | null;
          "next_attempt_at": string | null;
          "place": string | null;
          "races_stored": number;
          "rows_rejected": number;
          "run_id": number;
          "runners_stored": number;
          "started_at": string | null;
          "state": string;
          "took": string | null;
        };
        ComputedFields: never;
        Relationships: [
          {
            foreignKeyName: "backfill_progress_feed_fkey";
            columns: ["feed"];
            isOneToOne: false;
            referencedRelation: "data_freshness";
            referencedColumns: ["feed"];
          },
          {
            foreignKeyName: "backfill_progress_run_id_fkey";
            columns: ["run_id"];
            isOneToOne: false;
            referencedRelation: "backfill_runs";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "backfill_progress_run_id_fkey";
            columns: ["run_id"];
            isOneToOne: false;
            referencedRelation: "backfill_status";
            referencedColumns: ["run_id"];
          },
          {
            foreignKeyName: "backfill_progress_run_id_fkey";
            columns: ["run_id"];
            isOneToOne: false;
            referencedRelation: "backfill_status_details";
            referencedColumns: ["run_id"];
          },
        ];
      };
      "backfill_status": {
        Row: {
          "calls_per_minute": number | null;
          "chunks": string | null;
          "end_date": string;
          "feeds": (string)[];
          "last_error": string | null;
          "percent": number | null;
          "races": number | null;
          "run_id": number;
          "runners": number | null;
          "start_date": string;
          "state": string | null;
          "time_left": string | null;
          "what_to_do": string | null;
        };
        ComputedFields: never;
        Relationships: [];
      };
      "backfill_status_details": {
        Row: {
          "api_calls": number | null;
          "calls_per_minute": number | null;
          "chunks_cancelled": number | null;
          "chunks_dead": number | null;
          "chunks_succeeded": number | null;
          "chunks_total": number | null;
          "chunks_waiting": number | null;
          "chunks_working": number | null;
          "created_at": string;
          "end_date": string;
          "ended_at": string | null;
          "feeds": (string)[];
          "invocations": number | null;
          "last_error": string | null;
          "last_error_at": string | null;
          "percent": number | null;
          "races": number | null;
          "races_stored": number | null;
          "rows_rejected": number | null;
          "run_id": number;
          "runners": number | null;
          "runners_stored": number | null;
          "start_date": string;
          "started_at": string | null;
          "state": string | null;
          "time_left": string | null;
          "what_to_do": string | null;
        };
        ComputedFields: never;
        Relationships: [];
      };
      "coverage_gaps": {
        Row: {
          "day": string | null;
          "feed": string | null;
          "given_up_at": string | null;
          "kind": string | null;
          "missing": string | null;
          "tries": number | null;
        };
        ComputedFields: never;
        Relationships: [];
      };
      "coverage_months": {
        Row: {
          "chunks_dead": number | null;
          "chunks_live": number | null;
          "days": number | null;
          "days_covered": number | null;
          "feed": string | null;
          "last_error": string | null;
          "month": string | null;
          "races_in_api": number | null;
          "races_rejected": number | null;
          "races_stored": number | null;
          "run_id": number | null;
          "state": string | null;
        };
        ComputedFields: never;
        Relationships: [];
      };
      "data_freshness": {
        Row: {
          "expected_since": string | null;
          "feed": string;
          "last_pulled_at": string | null;
          "newest_day": string | null;
          "next_due_at": string | null;
          "state": string | null;
        };
        ComputedFields: never;
        Relationships: [];
      };
      "invocation_times": {
        Row: {
          "chunk_id": number;
          "claimed_at": string;
          "dispatch_seconds": number | null;
          "ended_as": string | null;
          "ended_at": string | null;
          "feed": string;
          "fetch_seconds": number | null;
          "log_lines": number | null;
          "other_seconds": number | null;
          "pages": number | null;
          "run_id": number;
          "slot_seconds": number | null;
          "store_seconds": number | null;
        };
        ComputedFields: never;
        Insert: {
          "chunk_id"?: number | null;
          "claimed_at"?: string | null;
          "dispatch_seconds"?: never;
          "ended_as"?: string | null;
          "ended_at"?: string | null;
          "feed"?: string | null;
          "fetch_seconds"?: number | null;
          "log_lines"?: number | null;
          "other_seconds"?: number | null;
          "pages"?: number | null;
          "run_id"?: number | null;
          "slot_seconds"?: number | null;
          "store_seconds"?: number | null;
        };
        Update: {
          "chunk_id"?: number | null;
          "claimed_at"?: string | null;
          "dispatch_seconds"?: never;
          "ended_as"?: string | null;
          "ended_at"?: string | null;
          "feed"?: string | null;
          "fetch_seconds"?: number | null;
          "log_lines"?: number | null;
          "other_seconds"?: number | null;
          "pages"?: number | null;
          "run_id"?: number | null;
          "slot_seconds"?: number | null;
          "store_seconds"?: number | null;
        };
        Relationships: [];
      };
      "ra_runner_names": {
        Row: {
          "dam_name": string | null;
          "damsire_name": string | null;
          "horse_id": string;
          "horse_name": string | null;
          "jockey_name": string | null;
          "owner_name": string | null;
          "race_id": string;
          "sire_name": string | null;
          "trainer_name": string | null;
        };
        ComputedFields: never;
        Relationships: [
          {
            foreignKeyName: "ra_runners_horse_id_fkey";
            columns: ["horse_id"];
            isOneToOne: false;
            referencedRelation: "ra_mst_horses";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "ra_runners_race_id_fkey";
            columns: ["race_id"];
            isOneToOne: false;
            referencedRelation: "ra_races";
            referencedColumns: ["id"];
          },
        ];
      };
      "usage_by_day": {
        Row: {
          "api_calls": number | null;
          "database_megabytes": number | null;
          "day": string | null;
          "invocations": number | null;
          "log_lines": number | null;
        };
        ComputedFields: never;
        Relationships: [];
      };
    };
    Functions: {
      "answer_ping": {
        Args: {
          "account"?: string;
          "api_endpoint"?: string;
          "api_message"?: string;
          "api_status"?: number;
          "function_clock": string;
          "ping_id": number;
        };
        Returns: string;
      };
      "backfill_cancel": { Args: { "run_id": number }; Returns: undefined };
      "backfill_pause": { Args: { "run_id": number }; Returns: undefined };
      "backfill_plan": {
        Args: { "end_date"?: string; "feeds"?: (string)[]; "reprocess"?: string; "start_date": string };
        Returns: {
          "api_calls": number;
          "chunks": number;
          "feed": string;
          "invocations": number;
          "megabytes": number;
          "minutes": number;
          "note": string;
          "races": number;
          "runners": number;
        }[];
      };
      "backfill_resume": { Args: { "run_id": number }; Returns: undefined };
      "backfill_retry": { Args: { "run_id": number }; Returns: number };
      "backfill_start": {
        Args: {
          "end_date"?: string;
          "feeds"?: (string)[];
          "newest_first"?: boolean;
          "reprocess"?: string;
          "start_date": string;
        };
        Returns: number;
      };
      "check_setup": {
        Args: Record<PropertyKey, never>;
        Returns: {
          "finding": string;
          "part": string;
          "state": string;
          "what_to_do": string;
        }[];
      };
      "claim_chunk": {
        Args: { "dispatch_id"?: number; "feed": string; "proposed_token"?: string };
        Returns: {
          "answer_timeout_seconds": number;
          "api_total": number;
          "capture_long_texts": boolean;
          "capture_odds": boolean;
          "chunk_id": number;
          "cursor_day": string;
          "cursor_id": string;
          "cursor_skip": number;
          "lease_token": string;
          "page_limit": number;
          "period_end": string;
          "period_start": string;
          "regions": (string)[];
          "run_id": number;
          "stop_taking_pages_after_busy_seconds": number;
          "stop_taking_pages_after_seconds": number;
        }[];
      };
      "drop_legacy": { Args: { "confirm"?: boolean; "give_up"?: (string)[] }; Returns: string };
      "fail_chunk": {
        Args: {
          "api_calls"?: number;
          "chunk_id": number;
          "endpoint"?: string;
          "failure_class": string;
          "http_status"?: number;
          "lease_token": string;
          "message": string;
          "report"?: Json;
          "retry_after_seconds"?: number;
        };
        Returns: string;
      };
      "finish_chunk": {
        Args: { "chunk_id": number; "lease_token": string; "report"?: Json };
        Returns: string;
      };
      "ingest_page": {
        Args: { "chunk_id": number; "lease_token": string; "page": Json };
        Returns: {
          "go_on": boolean;
          "lease_until": string;
          "understood": boolean;
        }[];
      };
      "known_id": {
        Args: { "chunk_id": number; "lease_token": string; "other_than"?: string };
        Returns: string;
      };
      "legacy_copy": {
        Args: { "again"?: boolean; "end_date"?: string; "start_date"?: string };
        Returns: number;
      };
      "legacy_differences": {
        Args: Record<PropertyKey, never>;
        Returns: {
          "changed": number;
          "column_name": string;
          "compared": number;
          "old_table": string;
          "only_new": number;
          "only_old": number;
          "same": number;
        }[];
      };
      "legacy_report": {
        Args: Record<PropertyKey, never>;
        Returns: {
          "fault": string;
          "new_rows": number;
          "not_here": number;
          "old_rows": number;
        }[];
      };
      "legacy_rows_of": {
        Args: { "chunk_id": number; "items": (string)[]; "lease_token": string };
        Returns: Json;
      };
      "legacy_undo": { Args: Record<PropertyKey, never>; Returns: string };
      "next_ids": {
        Args: { "after_id": string; "at_most": number; "chunk_id": number; "lease_token": string };
        Returns: {
          "id": string;
          "ids_left": number;
          "seen_on": string;
        }[];
      };
      "note_failed_request": {
        Args: {
          "attempt"?: number;
          "chunk_id": number;
          "endpoint": string;
          "http_status"?: number;
          "lease_token": string;
          "message": string;
        };
        Returns: undefined;
      };
      "publish_api": {
        Args: { "role"?: string };
        Returns: {
          "kind": string;
          "name": string;
          "readers": string;
        }[];
      };
      "pull_days": {
        Args: { "feeds"?: (string)[]; "first_day"?: string; "last_day"?: string };
        Returns: number;
      };
      "pull_masters": { Args: Record<PropertyKey, never>; Returns: number };
      "push_back_slots": { Args: { "endpoint": string; "seconds": number }; Returns: undefined };
      "reserve_slot": { Args: { "endpoint": string }; Returns: number };
      "silk_url": {
        Args: {
          "runner": Omit<
            Database["public"]["Tables"]["ra_runners"]["Row"],
            Database["public"]["Tables"]["ra_runners"]["ComputedFields"]
          >;
        };
        Returns: string;
      };
      "start_schedules": {
        Args: Record<PropertyKey, never>;
        Returns: {
          "name": string;
          "next_due_at": string;
        }[];
      };
      "stop_schedules": { Args: Record<PropertyKey, never>; Returns: undefined };
      "unpublish_api": { Args: Record<PropertyKey, never>; Returns: undefined };
      "yield_chunk": {
        Args: {
          "api_calls": number;
          "chunk_id": number;
          "lease_token": string;
          "progressed"?: boolean;
          "report"?: Json;
        };
        Returns: string;
      };
    };
    Enums: {
      [_ in never]: never;
    };
    CompositeTypes: {
      [_ in never]: never;
    };
  };
};

type DatabaseWithoutInternals = Omit<Database, "__InternalSupabase">;

type DefaultSchema = DatabaseWithoutInternals[Extract<keyof Database, "public">];

export type Tables<
  DefaultSchemaTableNameOrOptions extends
    | keyof (DefaultSchema["Tables"] & DefaultSchema["Views"])
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  } ? keyof (
      & DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
      & DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"]
    )
    : never = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals } ? (
    & DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    & DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Views"]
  )[TableName] extends {
    Row: infer R;
  } ? R
  : never
  : DefaultSchemaTableNameOrOptions extends keyof (DefaultSchema["Tables"] & DefaultSchema["Views"])
    ? (DefaultSchema["Tables"] & DefaultSchema["Views"])[DefaultSchemaTableNameOrOptions] extends {
      Row: infer R;
    } ? R
    : never
  : never;

export type TablesInsert<
  DefaultSchemaTableNameOrOptions extends
    | keyof DefaultSchema["Tables"]
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  } ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    : never = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends {
    Insert: infer I;
  } ? I
  : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
    ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
      Insert: infer I;
    } ? I
    : never
  : never;

export type TablesUpdate<
  DefaultSchemaTableNameOrOptions extends
    | keyof DefaultSchema["Tables"]
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  } ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"]
    : never = never,
> = DefaultSchemaTableNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]]["Tables"][TableName] extends {
    Update: infer U;
  } ? U
  : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
    ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
      Update: infer U;
    } ? U
    : never
  : never;

export type Enums<
  DefaultSchemaEnumNameOrOptions extends
    | keyof DefaultSchema["Enums"]
    | { schema: keyof DatabaseWithoutInternals },
  EnumName extends DefaultSchemaEnumNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  } ? keyof DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"]
    : never = never,
> = DefaultSchemaEnumNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"][EnumName]
  : DefaultSchemaEnumNameOrOptions extends keyof DefaultSchema["Enums"]
    ? DefaultSchema["Enums"][DefaultSchemaEnumNameOrOptions]
  : never;

export type CompositeTypes<
  PublicCompositeTypeNameOrOptions extends
    | keyof DefaultSchema["CompositeTypes"]
    | { schema: keyof DatabaseWithoutInternals },
  CompositeTypeName extends PublicCompositeTypeNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  } ? keyof DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"]
    : never = never,
> = PublicCompositeTypeNameOrOptions extends { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]]["CompositeTypes"][CompositeTypeName]
  : PublicCompositeTypeNameOrOptions extends keyof DefaultSchema["CompositeTypes"]
    ? DefaultSchema["CompositeTypes"][PublicCompositeTypeNameOrOptions]
  : never;

export const Constants = {
  "public": {
    Enums: {},
  },
} as const;

/** Which feed fills a column, by table: what the column's comment begins with. */
export type ColumnOwners = {
  ra_mst_dams: {
    Card: never;
    Result: never;
    Both: "horse_id" | "id" | "last_seen_on" | "name" | "region_code";
  };
  ra_mst_damsires: {
    Card: never;
    Result: never;
    Both: "horse_id" | "id" | "last_seen_on" | "name" | "region_code";
  };
  ra_mst_horses: {
    Card: "breeder" | "card_seen_on" | "colour" | "dob" | "sex" | "sex_code";
    Result: never;
    Both:
      | "dam_id"
      | "dam_name"
      | "damsire_id"
      | "damsire_name"
      | "id"
      | "last_seen_on"
      | "name"
      | "region_code"
      | "sire_id"
      | "sire_name";
  };
  ra_mst_jockeys: {
    Card: never;
    Result: never;
    Both: "id" | "last_seen_on" | "name";
  };
  ra_mst_owners: {
    Card: never;
    Result: never;
    Both: "id" | "last_seen_on" | "name";
  };
  ra_mst_sires: {
    Card: never;
    Result: never;
    Both: "horse_id" | "id" | "last_seen_on" | "name" | "region_code";
  };
  ra_mst_trainers: {
    Card: "card_seen_on" | "location";
    Result: never;
    Both: "id" | "last_seen_on" | "name";
  };
  ra_races: {
    Card:
      | "betting_forecast"
      | "card_date"
      | "card_distance"
      | "card_distance_round"
      | "field_size"
      | "going_detailed"
      | "has_card"
      | "is_abandoned"
      | "is_big_race"
      | "prize_amount"
      | "prize_currency"
      | "race_status"
      | "rail_movements"
      | "stalls"
      | "tip"
      | "verdict"
      | "weather";
    Result:
      | "has_result"
      | "non_runners"
      | "result_distance"
      | "stewards_comments"
      | "tote_csf"
      | "tote_exacta"
      | "tote_place"
      | "tote_tricast"
      | "tote_trifecta"
      | "tote_win"
      | "winning_time_detail";
    Both:
      | "age_band"
      | "course_id"
      | "distance_furlongs"
      | "distance_metres"
      | "distance_yards"
      | "going"
      | "id"
      | "jumps"
      | "off_dt"
      | "off_time"
      | "pattern"
      | "race_class"
      | "race_date"
      | "race_name"
      | "race_type"
      | "rating_band"
      | "region_code"
      | "sex_restriction"
      | "surface";
  };
  ra_runners: {
    Card:
      | "card_comment"
      | "card_rpr"
      | "card_topspeed"
      | "form"
      | "has_card"
      | "headgear_run"
      | "is_reserve"
      | "last_run"
      | "last_run_days"
      | "medical"
      | "past_results_flags"
      | "previous_owners"
      | "previous_trainers"
      | "quotes"
      | "spotlight"
      | "stable_tour"
      | "trainer_14_days_percent"
      | "trainer_14_days_runs"
      | "trainer_14_days_wins"
      | "trainer_rtf_percent"
      | "wind_surgery"
      | "wind_surgery_run";
    Result:
      | "beaten_lengths"
      | "beaten_lengths_overall"
      | "bsp"
      | "has_result"
      | "position"
      | "position_code"
      | "prize_amount"
      | "prize_currency"
      | "result_comment"
      | "rpr"
      | "sp"
      | "sp_decimal"
      | "sp_favourite"
      | "time_seconds"
      | "topspeed";
    Both:
      | "age"
      | "draw"
      | "headgear"
      | "horse_id"
      | "is_non_runner"
      | "jockey_claim_lbs"
      | "jockey_id"
      | "jockey_name"
      | "number"
      | "official_rating"
      | "owner_id"
      | "owner_name"
      | "race_id"
      | "sex_code"
      | "silk"
      | "trainer_id"
      | "trainer_name"
      | "weight_lbs";
  };
};
