PROVIDES := shadow
