from django.db import migrations

# As in 0006_change_feed; what a school's `in_doubt` says is told as well.
TELL_SCHOOL = """
CREATE OR REPLACE FUNCTION sync_tell_school() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    told text := 'update';
BEGIN
    IF TG_OP = 'DELETE' THEN
        DELETE FROM sync_change WHERE school_id = OLD.id;
        RETURN OLD;
    ELSIF TG_OP = 'INSERT' THEN
        told := 'create';
    ELSIF OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL THEN
        told := 'remove';
    ELSIF OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS NULL THEN
        told := 'return';
    ELSIF (OLD.wonde_id, OLD.name, OLD.code, OLD.mis, OLD.timezone, OLD.frozen{more_old})
        IS NOT DISTINCT FROM (NEW.wonde_id, NEW.name, NEW.code, NEW.mis, NEW.timezone, NEW.frozen{more_new})
    THEN
        RETURN NULL;
    END IF;
    INSERT INTO sync_change (school_id, kind, row_id, verb, cause, reason)
        VALUES (NEW.id, 'schools', NEW.id, told, '', '');
    RETURN NULL;
END $$;
"""
NOW = TELL_SCHOOL.replace("{more_old}", ", OLD.doubted").replace("{more_new}", ", NEW.doubted")
BEFORE = TELL_SCHOOL.replace("{more_old}", "").replace("{more_new}", "")


class Migration(migrations.Migration):

    dependencies = [
        ("schools", "0011_doubted_kinds"),
        ("sync", "0011_alarms"),
    ]

    operations = [migrations.RunSQL(NOW, BEFORE)]
